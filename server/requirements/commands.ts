import type { Scope } from '#server/auth/model'
import { cleanText } from '#server/kernel/clean-text'
import { databaseNow } from '#server/platform/database/clock'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { enqueue } from '#server/platform/queue/queue'
import { RequirementError } from './errors'
import { isClosed, type RequirementStatus, requirementStatusSchema, type SubmitInput } from './model'
import { splitStatements, titleOf } from './rules/statements'
import { checkedText } from './rules/text-check'

export interface Submitted {
  id: string
  number: number
  /** false when the same idempotency key had already submitted this text */
  created: boolean
}

/**
 * Takes a requirement in: numbered, split into statements, stored, and set in motion, all or nothing.
 * @throws RequirementError text-empty, text-binary, text-too-large, requirement-not-found (no such project), key-reused
 */
export async function submitRequirement(scope: Scope, input: SubmitInput): Promise<Submitted> {
  const text = checkedText(input.text)
  const title = cleanText(input.title || titleOf(text)).slice(0, 200)
  const statements = splitStatements(text)
  return transaction(async (tx) => {
    const number = await nextNumber(tx, scope, input.projectId)
    const earlier = input.idempotencyKey ? await submittedWith(tx, input.projectId, input.idempotencyKey) : null
    if (earlier) return sameOrRefused(earlier, text)
    const requirement = await tx.requirement.create({
      data: {
        organizationId: scope.organizationId,
        projectId: input.projectId,
        number,
        title,
        text,
        idempotencyKey: input.idempotencyKey,
        submittedById: scope.actor.kind === 'user' ? scope.actor.id : null,
        statusReason: 'Waiting for the Analyst to plan it.',
        statements: { create: statements },
      },
    })
    await append(tx, scope, [
      {
        type: 'requirement.submitted',
        projectId: input.projectId,
        requirementId: requirement.id,
        payload: { number, title, statements: statements.length, source: input.source },
      },
    ])
    return { id: requirement.id, number, created: true }
  })
}

/** Takes the project's row lock, so that numbers have no holes and two same keys can't both be first. */
async function nextNumber(tx: Transaction, scope: Scope, projectId: string): Promise<number> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    select id from "Project" where id = ${projectId}::uuid and "organizationId" = ${scope.organizationId}::uuid for update`
  if (rows.length === 0) {
    throw new RequirementError({
      code: 'requirement-not-found',
      kind: 'not-found',
      message: 'There is no such project in this organization.',
    })
  }
  const last = await tx.requirement.aggregate({ where: { projectId }, _max: { number: true } })
  return (last._max.number ?? 0) + 1
}

function submittedWith(tx: Transaction, projectId: string, idempotencyKey: string) {
  return tx.requirement.findUnique({
    where: { projectId_idempotencyKey: { projectId, idempotencyKey } },
    select: { id: true, number: true, text: true },
  })
}

function sameOrRefused(earlier: { id: string; number: number; text: string }, text: string): Submitted {
  if (earlier.text === text) return { id: earlier.id, number: earlier.number, created: false }
  throw new RequirementError({
    code: 'key-reused',
    kind: 'conflict',
    message: `This idempotency key already submitted another text (requirement R${earlier.number}). Use a new key.`,
    details: { requirementId: earlier.id },
  })
}

/** Stops a requirement. What is merged stays; running work is told to stop; open decisions are withdrawn by the scheduler. */
export async function cancelRequirement(
  scope: Scope,
  input: { requirementId: string; reason?: string },
): Promise<{ id: string; status: RequirementStatus }> {
  return transaction(async (tx) => {
    const row = await lockRequirement(tx, scope, input.requirementId)
    const status = requirementStatusSchema.parse(row.status)
    if (status === 'cancelled') return { id: row.id, status }
    if (isClosed(status)) {
      throw new RequirementError({
        code: 'requirement-closed',
        kind: 'conflict',
        message: `R${row.number} has already ended (${status.replace('_', ' ')}), so there is nothing to cancel.`,
      })
    }
    const reason = cleanText(input.reason ?? '') || `Cancelled by ${scope.actor.name}.`
    await tx.requirement.update({
      where: { id: row.id },
      data: { status: 'cancelled', statusReason: reason },
    })
    await tx.task.updateMany({
      where: { requirementId: row.id, status: { notIn: ['done', 'failed', 'cancelled'] } },
      data: { status: 'cancelled', statusReason: reason, finishedAt: await databaseNow(tx) },
    })
    await tx.run.updateMany({
      where: { requirementId: row.id, status: { notIn: ['finished', 'failed', 'cancelled'] } },
      data: { status: 'cancelled', errorMessage: reason, lease: { increment: 1 } },
    })
    await tx.decision.updateMany({
      where: { requirementId: row.id, status: 'open' },
      data: { status: 'withdrawn', comment: reason },
    })
    await append(tx, scope, [
      { type: 'requirement.cancelled', projectId: row.projectId, requirementId: row.id, payload: { reason } },
    ])
    return { id: row.id, status: 'cancelled' }
  })
}

/** The requirement's row, locked until the transaction ends. */
export async function lockRequirement(tx: Transaction, scope: Scope, requirementId: string) {
  await tx.$queryRaw`
    select id from "Requirement" where id = ${requirementId}::uuid and "organizationId" = ${scope.organizationId}::uuid for update`
  const row = await tx.requirement.findFirst({ where: { id: requirementId, organizationId: scope.organizationId } })
  if (row) return row
  throw new RequirementError({
    code: 'requirement-not-found',
    kind: 'not-found',
    message: 'There is no such requirement in this organization.',
  })
}

/** Has requirements looked at, although nothing happened in them: something they wait for has come free. */
export async function wakeRequirements(
  tx: Transaction,
  organizationId: string,
  requirementIds: readonly string[],
): Promise<void> {
  await enqueue(
    tx,
    requirementIds.map((requirementId) => ({
      job: { name: 'advance-requirement' as const, organizationId, requirementId },
    })),
  )
}

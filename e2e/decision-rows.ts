/** Decisions for the specs, raised through the product's own commands in the product's own database. */
import { randomUUID } from 'node:crypto'
import { personScope } from '../server/auth/gate.ts'
import type { Scope } from '../server/auth/model.ts'
import { raiseDecision } from '../server/decisions/commands.ts'
import { mintLink } from '../server/decisions/links.ts'
import { closeDatabase, database } from '../server/platform/database/client.ts'
import { transaction } from '../server/platform/database/transaction.ts'
import { stopQueue } from '../server/platform/queue/queue.ts'
import { owner } from './fixtures'

/** The first owner's rights, in the database of the product the specs look at. */
export async function ownerScope(): Promise<Scope> {
  process.env.DATABASE_URL = process.env.E2E_DATABASE_URL
  const user = await database().user.findUniqueOrThrow({ where: { email: owner.email }, include: { members: true } })
  return personScope(user.id, user.members[0]?.organizationId as string)
}

/** Raises a question that nothing waits for. */
export async function raiseForSpec(scope: Scope, projectId: string, question: string): Promise<string> {
  const option = (id: string, label: string, reversible: boolean) => ({
    id,
    label,
    consequence: `It becomes ${label.toLowerCase()}.`,
    reversible,
    costMicroUsd: 120_000,
    timeMs: 90_000,
  })
  const { id } = await raiseDecision(scope, {
    projectId,
    kind: 'agent_question',
    question,
    why: 'The specs ask, so that people do not have to.',
    options: [option('red', 'Red', true), option('blue', 'Blue', true), option('never', 'Never', false)],
    recommended: 'blue',
    recommendedWhy: 'It is calm.',
    defaultOption: 'blue',
    defaultAfterMs: 3600_000,
    resumes: 'The agent goes on.',
    dedupeKey: randomUUID(),
  })
  return id
}

/** The path of a link for the owner. */
export async function mintTestLink(scope: Scope, decisionId: string): Promise<string> {
  const userId = scope.actor.id as string
  return transaction((tx) => mintLink(tx, scope, { decisionId, userId, channel: 'test' }))
}

/** "open -" or "answered blue", as the row says. */
export async function decisionStatus(id: string): Promise<string> {
  const { status, answer } = await database().decision.findUniqueOrThrow({ where: { id } })
  return `${status} ${answer ?? '-'}`
}

/** Lets the process end. */
export async function closeRows(): Promise<void> {
  await stopQueue()
  await closeDatabase()
}

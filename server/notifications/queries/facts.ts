import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import { roleSchema } from '#server/auth/model'
import { findDecision } from '#server/decisions/queries'
import type { Prisma } from '#server/platform/database/generated/client'
import { reader } from '#server/platform/database/transaction'
import type { Asked } from '../model'
import type { DecisionFacts, Happened } from '../rules/wording'

const actorSchema = z.object({ kind: z.string(), id: z.string().nullable(), name: z.string() })
const payloadSchema = z.record(z.string(), z.unknown()).catch({})

/** An event of the log with what is known about the things it names; null when there is no such event. */
export async function happenedOf(scope: Scope, sequence: bigint): Promise<Happened | null> {
  const { organizationId } = scope
  const event = await reader().event.findUnique({
    where: { organizationId_sequence: { organizationId, sequence } },
  })
  if (!event) return null
  const decision = event.decisionId ? await decisionFacts(scope, event.decisionId) : null
  const [project, requirement, task] = await Promise.all([
    event.projectId
      ? reader().project.findFirst({
          where: { id: event.projectId, organizationId },
          select: { id: true, name: true, providerMode: true },
        })
      : null,
    event.requirementId
      ? reader().requirement.findFirst({
          where: { id: event.requirementId, organizationId },
          select: { id: true, number: true, title: true, submittedById: true },
        })
      : null,
    event.taskId
      ? reader().task.findFirst({
          where: { id: event.taskId, organizationId },
          select: { id: true, ref: true, title: true },
        })
      : null,
  ])
  return {
    type: event.type,
    sequence: String(sequence),
    actor: actorSchema.parse(event.actor),
    payload: payloadSchema.parse(event.payload),
    project: project && { id: project.id, name: project.name, scripted: project.providerMode === 'scripted' },
    requirement,
    task,
    decision,
  }
}

async function decisionFacts(scope: Scope, decisionId: string): Promise<(Asked & DecisionFacts) | null> {
  const row = await reader().decision.findFirst({
    where: { id: decisionId, organizationId: scope.organizationId },
  })
  if (!row) return null
  const view = await findDecision(scope, decisionId)
  return { ...askedOf(view), ...answerersOf(row), blockedTasks: view.blockedTasks }
}

/** A decision as messages show it. */
function askedOf(view: Awaited<ReturnType<typeof findDecision>>): Asked {
  return {
    id: view.id,
    kind: view.kind,
    question: view.question,
    why: view.why,
    options: view.options.map(({ id, label, consequence, reversible }) => ({ id, label, consequence, reversible })),
    recommended: view.recommended,
    recommendedWhy: view.recommendedWhy,
    defaultOption: view.defaultOption,
    deadline: view.deadline?.toISOString() ?? null,
  }
}

const answerers = z.object({
  answererIds: z.array(z.string()).catch([]),
  answerRole: roleSchema.catch('member'),
  assigneeId: z.string().nullable().catch(null),
})

function answerersOf(row: Prisma.DecisionModel): Omit<DecisionFacts, 'blockedTasks'> {
  return answerers.parse(row)
}

/** How a decision stands, as far as those who were told of it care. */
export interface DecisionStanding {
  status: string
  label: string | null
  answeredBy: string
  /** default | precedent | page | … */
  via: string
  /** raised each time it is open again */
  version: number
  /** names this standing: told once by each channel */
  moment: string
}

export async function decisionStanding(scope: Scope, decisionId: string): Promise<DecisionStanding | null> {
  const row = await reader().decision.findFirst({ where: { id: decisionId, organizationId: scope.organizationId } })
  if (!row) return null
  const options = z
    .array(z.object({ id: z.string(), label: z.string() }))
    .catch([])
    .parse(row.options)
  return {
    status: row.status,
    label: options.find((option) => option.id === row.answer)?.label ?? row.answer,
    answeredBy: row.answeredBy,
    via: row.answeredVia,
    version: row.version,
    moment:
      row.status === 'open' ? `open:${row.version}` : `${row.status}:${row.answeredAt?.toISOString() ?? row.version}`,
  }
}

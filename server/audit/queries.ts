import { actorSchema, type Scope } from '#server/auth/model'
import type { Prisma } from '#server/platform/database/generated/client'
import { reader } from '#server/platform/database/transaction'
import { describeEvent, type Sentence } from './rules/describe'

export interface ActivityLine extends Sentence {
  /** Order and identity within the organization; a string, because it may outgrow JSON's numbers. */
  sequence: string
  type: string
  actor: { kind: string; name: string }
  at: Date
  projectId: string | null
  requirementId: string | null
  requirementName: string | null
  taskId: string | null
  taskName: string | null
  decisionId: string | null
}

export interface ActivityPage {
  lines: ActivityLine[]
  /** Give this as `before` to read on; null at the beginning of the log. */
  before: string | null
}

export interface ActivityFilter {
  projectId?: string
  requirementId?: string
  taskId?: string
  /** Only events older than this sequence. */
  before?: bigint
}

/** The log told in sentences, newest first. Empty when the filter names something of another organization. */
export async function listActivity(scope: Scope, filter: ActivityFilter, limit = 100): Promise<ActivityPage> {
  const { before, ...about } = filter
  const rows = await reader().event.findMany({
    where: { ...about, organizationId: scope.organizationId, ...(before ? { sequence: { lt: before } } : {}) },
    orderBy: { sequence: 'desc' },
    take: limit + 1,
  })
  const page = rows.slice(0, limit)
  const names = await namesFor(scope, page)
  return {
    lines: page.map((row) => toLine(row, names)),
    before: rows.length > limit ? String(page.at(-1)?.sequence) : null,
  }
}

interface Names {
  requirements: Map<string, string>
  tasks: Map<string, string>
}

async function namesFor(scope: Scope, rows: Prisma.EventModel[]): Promise<Names> {
  const ids = (key: 'requirementId' | 'taskId') => [...new Set(rows.flatMap((row) => row[key] ?? []))]
  const [requirements, tasks] = await Promise.all([
    reader().requirement.findMany({
      where: { organizationId: scope.organizationId, id: { in: ids('requirementId') } },
      select: { id: true, number: true, title: true },
    }),
    reader().task.findMany({
      where: { organizationId: scope.organizationId, id: { in: ids('taskId') } },
      select: { id: true, ref: true, title: true },
    }),
  ])
  return {
    requirements: new Map(requirements.map((row) => [row.id, `R${row.number} ${row.title}`])),
    tasks: new Map(tasks.map((row) => [row.id, `${row.ref} ${row.title}`])),
  }
}

const unknownActor = { kind: 'system', id: null, name: 'Orchestrator' } as const

function toLine(row: Prisma.EventModel, names: Names): ActivityLine {
  const actor = actorSchema.catch(unknownActor).parse(row.actor)
  const requirement = names.requirements.get(row.requirementId ?? '')
  const task = names.tasks.get(row.taskId ?? '')
  return {
    ...describeEvent({ type: row.type, actor, payload: row.payload, names: { requirement, task } }),
    sequence: String(row.sequence),
    type: row.type,
    actor: { kind: actor.kind, name: actor.name },
    at: row.at,
    projectId: row.projectId,
    requirementId: row.requirementId,
    requirementName: requirement ?? null,
    taskId: row.taskId,
    taskName: task ?? null,
    decisionId: row.decisionId,
  }
}

import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { whoIsNext } from '#server/decisions/commands'
import { askedOf } from '#server/decisions/waiting'
import { changePlan } from '#server/planner/changes'
import { PlanError } from '#server/planner/errors'
import type { Transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import type { RequirementAtRisk, TaskAtRisk } from '../rules/affected'

/** Milliseconds a held task waits before somebody is reminded. */
const REMIND_AFTER_MS = 24 * 3600_000

/** The requirements of a project that are in progress, with their tasks and where those live in git. */
export async function workAtRisk(
  tx: Transaction,
  scope: Scope,
  projectId: string,
): Promise<{ tasks: TaskAtRisk[]; requirements: RequirementAtRisk[] }> {
  const { organizationId } = scope
  const requirements = await tx.requirement.findMany({
    where: { organizationId, projectId, status: 'in_progress' },
    select: { id: true, number: true, createdAt: true },
  })
  if (requirements.length === 0) return { tasks: [], requirements: [] }
  const ids = requirements.map((requirement) => requirement.id)
  const [tasks, runs] = await Promise.all([
    tx.task.findMany({ where: { organizationId, requirementId: { in: ids }, plan: { status: 'accepted' } } }),
    tx.run.findMany({
      where: { organizationId, requirementId: { in: ids }, purpose: 'implement' },
      select: { id: true, taskId: true, commit: true },
    }),
  ])
  const agents = await tx.agent.findMany({ where: { organizationId }, select: { id: true, name: true } })
  const nameOf = new Map(agents.map((agent) => [agent.id, agent.name]))
  return {
    tasks: tasks.map((task) => {
      const own = runs.filter((run) => run.taskId === task.id)
      const commits = [...own.map((run) => run.commit), task.resultCommit, task.mergedCommit]
      return {
        id: task.id,
        ref: task.ref,
        title: task.title,
        requirementId: task.requirementId,
        status: task.status,
        agentId: task.agentId,
        agentName: nameOf.get(task.agentId ?? '') ?? '',
        owns: task.owns,
        runIds: own.map((run) => run.id),
        commits: commits.flatMap((commit) => commit ?? []),
      }
    }),
    requirements: requirements.map(({ id, number, createdAt }) => {
      const merged = tasks.filter((task) => task.requirementId === id && task.mergedCommit)
      const last = Math.max(createdAt.getTime(), ...merged.map((task) => task.finishedAt?.getTime() ?? 0))
      return { id, number, lastChangeAt: last }
    }),
  }
}

/** What stands at a task that a signal holds, for people and for letting go only of what is still held by it. */
export const heldBy = (title: string): string => `Signal: ${title}`

/** Changes of a plan that a signal makes say so; they need no seconds to be undone, the answer undoes them. */
const asSignal = (scope: Scope, by: string) => systemScope(scope.organizationId, { kind: 'system', id: null, name: by })

async function revise(
  scope: Scope,
  by: string,
  requirementId: string,
  changes: { kind: 'pause-task' | 'resume-task' | 'retry'; task: string }[],
): Promise<boolean> {
  try {
    await changePlan(asSignal(scope, by), { requirementId, change: { kind: 'revise', changes }, undoSeconds: 0 })
    return true
  } catch (error) {
    // Somebody cancels the requirement, or the task ended this moment: then nothing is to be held or let go.
    if (error instanceof PlanError) return false
    throw error
  }
}

interface Holding {
  by: string
  decisionId: string
  now: Date
}

/**
 * Tasks wait for a decision: their runs are laid aside, nothing of them begins, and who is asked is their next actor.
 * Those that people paused stay theirs; those another signal holds wait for this one as well, after it. The tasks are of
 * one requirement.
 */
export async function holdTasks(
  tx: Transaction,
  scope: Scope,
  taskIds: readonly string[],
  given: Holding,
): Promise<string[]> {
  const tasks = await tx.task.findMany({
    where: {
      id: { in: [...taskIds] },
      status: { notIn: ['done', 'failed', 'cancelled'] },
      OR: [{ pausedAt: null }, { pausedBy: { startsWith: heldBy('') } }],
    },
    select: { id: true, ref: true, requirementId: true, pausedAt: true },
  })
  const ids = tasks.map((task) => task.id)
  const free = tasks.filter((task) => task.pausedAt === null)
  const [first] = free
  if (!first) return ids
  const changes = free.map((task) => ({ kind: 'pause-task' as const, task: task.ref }))
  if (!(await revise(scope, given.by, first.requirementId, changes))) return []
  await waitFor(
    tx,
    free.map((task) => task.id),
    given,
  )
  return ids
}

/** Says at paused tasks whose answer they wait for. */
async function waitFor(tx: Transaction, taskIds: string[], given: Holding): Promise<void> {
  const decision = await tx.decision.findUniqueOrThrow({ where: { id: given.decisionId } })
  const asked = await askedOf(tx, decision)
  await tx.task.updateMany({
    where: { id: { in: taskIds } },
    data: {
      pausedBy: given.by,
      ...whoIsNext(asked, decision.id, decision.question),
      nextDeadline: new Date(given.now.getTime() + REMIND_AFTER_MS),
    },
  })
}

/** Says at held tasks what they wait for now. */
export async function keepHolding(
  tx: Transaction,
  taskIds: readonly string[],
  given: { by: string; requirementId: string; number: number; now: Date },
): Promise<void> {
  await tx.task.updateMany({
    where: { id: { in: [...taskIds] }, pausedBy: given.by },
    data: {
      nextActor: 'system',
      nextActorId: given.requirementId,
      nextActorName: 'Orchestrator',
      nextReason: `Goes on when R${given.number}, the fix, has ended.`,
      nextDeadline: new Date(given.now.getTime() + REMIND_AFTER_MS),
    },
  })
}

/**
 * Held tasks go on from where they were, unless another signal holds them too: then they wait for that one. What ended
 * meanwhile, or somebody paused by hand, is left alone.
 */
export async function releaseTasks(
  tx: Transaction,
  scope: Scope,
  taskIds: readonly string[],
  by: string,
): Promise<void> {
  const tasks = await tx.task.findMany({
    where: {
      id: { in: [...taskIds] },
      organizationId: scope.organizationId,
      pausedBy: by,
      pausedAt: { not: null },
      status: { notIn: ['done', 'failed', 'cancelled'] },
    },
    select: { id: true, ref: true, requirementId: true },
  })
  const kept = await handOver(
    tx,
    scope,
    tasks.map((task) => task.id),
    by,
  )
  const free = tasks.filter((task) => !kept.has(task.id))
  const [first] = free
  if (!first) return
  const changes = free.map((task) => ({ kind: 'resume-task' as const, task: task.ref }))
  await revise(scope, by, first.requirementId, changes)
}

/** Tasks that other open signals hold as well wait for the answers to those. */
async function handOver(tx: Transaction, scope: Scope, taskIds: string[], by: string): Promise<Set<string>> {
  const holders = await tx.signal.findMany({
    where: { organizationId: scope.organizationId, status: 'open', heldTaskIds: { hasSome: taskIds } },
    orderBy: { firstSeenAt: 'asc' },
    select: { title: true, decisionId: true, madeRequirementId: true, heldTaskIds: true },
  })
  const kept = new Set<string>()
  for (const { title, decisionId, madeRequirementId: requirementId, heldTaskIds } of holders) {
    const ids = heldTaskIds.filter((id) => taskIds.includes(id) && !kept.has(id))
    if (heldBy(title) === by || decisionId === null || ids.length === 0) continue
    const given = { by: heldBy(title), now: new Date() }
    await waitFor(tx, ids, { ...given, decisionId })
    if (requirementId) {
      const { number } = await tx.requirement.findUniqueOrThrow({ where: { id: requirementId } })
      await keepHolding(tx, ids, { ...given, requirementId, number })
    }
    for (const id of ids) kept.add(id)
  }
  return kept
}

/**
 * An unfinished task begins another attempt and is told why; one that has not begun is only told.
 * @returns false when it has ended meanwhile, or is being merged
 */
export async function sendTaskBack(
  tx: Transaction,
  scope: Scope,
  taskId: string,
  given: { by: string; feedback: string; reason: string },
): Promise<boolean> {
  const task = await tx.task.findFirst({ where: { id: taskId, organizationId: scope.organizationId } })
  if (!task || ['merging', 'done', 'failed', 'cancelled'].includes(task.status)) return false
  const begun = !['waiting', 'ready'].includes(task.status) || task.attempt > 0 || task.agentsTried.length > 0
  if (begun && !(await revise(scope, given.by, task.requirementId, [{ kind: 'retry', task: task.ref }]))) return false
  await tx.task.update({
    where: { id: taskId },
    data: { feedback: [task.feedback, given.feedback].filter(Boolean).join('\n\n').slice(-20_000) },
  })
  await append(tx, scope, [
    {
      type: 'task.sent-back',
      projectId: task.projectId,
      requirementId: task.requirementId,
      taskId,
      payload: { ref: task.ref, title: task.title, reason: given.reason, attempt: task.attempt },
    },
  ])
  return true
}

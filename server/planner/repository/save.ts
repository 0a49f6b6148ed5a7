import { databaseNow } from '#server/platform/database/clock'
import type { Plan, Prisma } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { isEnded } from '#server/tasks/model'
import { freeAgain, type NextActor, nextActorOf, type Situation, triesAgain } from '#server/tasks/rules/next-actor'
import type { PlanContent } from '../model'
import { notBegun, type PlanState, type RunState, type TaskState } from '../rules/plan-state'
import { equal } from '../rules/touched'
import { followPause } from './checks'
import type { Loaded } from './load'

/** Milliseconds after which somebody is reminded of what people have paused. */
const REMIND_AFTER_MS = 24 * 3600_000

/** How rows that wait because of a change say so. */
export interface Waiting {
  actor: NextActor['actor']
  name: string
  reason: string
  deadline: Date
}

/** Whoever paused it, or anybody else who may, sets it going again. */
export function waitsForPerson(name: string, now: string): Waiting {
  const deadline = new Date(Date.parse(now) + REMIND_AFTER_MS)
  return { actor: 'person', name, reason: `Paused by ${name}, until somebody resumes it.`, deadline }
}

const next = ({ actor, name, reason, deadline }: Waiting) => ({
  nextActor: actor,
  nextActorName: name,
  nextReason: reason,
  nextDeadline: deadline,
})

interface How {
  to: PlanState
  whilePaused: Waiting
  /** the plan that keeps the tasks which leave */
  leaveTo: string | null
  /** what happens, in a sentence: for runs that end by it */
  why: string
  /** the database's clock */
  now: Date
}

/** Writes the difference between two states of a plan, and nothing else. `loaded` is where `to` started from. */
export async function savePlan(
  tx: Transaction,
  loaded: Loaded,
  to: PlanState,
  wait: Omit<How, 'now' | 'to'>,
): Promise<void> {
  const how: How = { ...wait, to, now: await databaseNow(tx) }
  await saveRequirement(tx, loaded, to, how)
  await saveTasks(tx, loaded, to, how)
  await saveRuns(tx, loaded.state, to, how)
  await followPause(tx, loaded, to, how)
}

async function saveRequirement(tx: Transaction, loaded: Loaded, to: PlanState, how: How): Promise<void> {
  const { paused } = to.requirement
  if (equal(paused, loaded.state.requirement.paused)) return
  await tx.requirement.update({
    where: { id: loaded.requirement.id },
    data: {
      pausedAt: paused && new Date(paused.at),
      pausedBy: paused?.by ?? '',
      ...(paused ? next(how.whilePaused) : { nextReason: '' }),
    },
  })
}

async function saveTasks(tx: Transaction, loaded: Loaded, to: PlanState, how: How): Promise<void> {
  const before = new Map(loaded.state.tasks.map((task) => [task.ref, task]))
  const kept = new Set(to.tasks.map(({ ref }) => ref))
  const gone = loaded.state.tasks.filter(({ ref }) => !kept.has(ref)).map(({ ref }) => loaded.ids.get(ref) as string)
  if (gone.length > 0) await tx.task.deleteMany({ where: { id: { in: gone } } })
  const moved: { id: string; position: number }[] = []
  const rewired: TaskState[] = []
  for (const task of to.tasks) {
    const was = before.get(task.ref)
    const id = loaded.ids.get(task.ref)
    if (!was || !id) {
      loaded.ids.set(task.ref, await createTask(tx, loaded, task, how))
      if (task.dependsOn.length > 0) rewired.push(task)
      continue
    }
    if (equal(was, task)) continue
    if (equal({ ...was, position: 0 }, { ...task, position: 0 })) moved.push({ id, position: task.position })
    else await updateTask(tx, loaded, id, was, task, how)
    if (!equal(was.dependsOn, task.dependsOn)) rewired.push(task)
  }
  await moveTasks(tx, moved)
  await rewire(tx, loaded.ids, rewired)
}

const columns = (task: TaskState) => ({
  position: task.position,
  title: task.title,
  kind: task.kind,
  capability: task.capability,
  instructions: task.instructions,
  statementRefs: task.statements,
  owns: task.owns,
  reads: task.reads,
  acceptance: task.acceptance,
  risk: task.risk,
  status: task.status,
  statusReason: task.statusReason,
  attempt: task.attempt,
  agentsTried: task.agentsTried,
  agentId: task.agentId,
  wantedAgentId: task.wantedAgentId,
  feedback: task.feedback,
  notBefore: task.notBefore && new Date(task.notBefore),
  pausedAt: task.paused && new Date(task.paused.at),
  pausedBy: task.paused?.by ?? '',
  finishedAt: task.finishedAt && new Date(task.finishedAt),
})

async function createTask(tx: Transaction, loaded: Loaded, task: TaskState, how: How): Promise<string> {
  const { organizationId, projectId, id: requirementId } = loaded.requirement
  if (!loaded.plan) throw new Error('a task can only be added to an accepted plan')
  const row = await tx.task.create({
    data: {
      ...columns(task),
      organizationId,
      projectId,
      requirementId,
      planId: loaded.plan.id,
      ref: task.ref,
      ...(task.paused ? next(how.whilePaused) : waitsForOthers(task, loaded, how.to, how.now)),
    },
    select: { id: true },
  })
  return row.id
}

const doneRefs = (state: PlanState) =>
  new Set(state.tasks.filter(({ status }) => status === 'done').map(({ ref }) => ref))

/**
 * What a task waits for when nobody holds it back. The scheduler only looks at what can move: what waits for other
 * tasks, for checks or for the merge queue says so from here, and so does what rests with its requirement.
 */
function waitsForOthers(task: TaskState, { state }: Loaded, to: PlanState, now: Date) {
  const situation = situationOf(task, doneRefs(state), to.requirement.paused?.by ?? null, now)
  if (!situation) return {}
  return next(nextActorOf(situation, now))
}

function situationOf(task: TaskState, done: ReadonlySet<string>, pausedBy: string | null, now: Date): Situation | null {
  if (task.status === 'proving') return { kind: 'proof', commands: task.acceptance.length }
  if (task.status === 'merging') return { kind: 'merge' }
  const open = notBegun(task) ? task.dependsOn.filter((ref) => !done.has(ref)) : []
  if (open.length > 0) return { kind: 'dependencies', open: open.length, refs: open }
  const until = notBegun(task) && task.notBefore ? new Date(task.notBefore) : null
  if (until && until > now) return triesAgain(until, task.statusReason)
  return pausedBy !== null && task.status !== 'asking' ? { kind: 'paused', by: pausedBy } : null
}

async function updateTask(
  tx: Transaction,
  loaded: Loaded,
  id: string,
  was: TaskState,
  task: TaskState,
  how: How,
): Promise<void> {
  const old = columns(was)
  const changed = Object.entries(columns(task)).filter(
    ([column, value]) => !equal(value, old[column as keyof typeof old]),
  )
  const leaves = was.inPlan && !task.inPlan && how.leaveTo
  const pauses = !equal(was.paused, task.paused)
  const stops = was.runs.some((run, index) => run.status !== 'paused' && task.runs[index]?.status === 'paused')
  const waits = pauses ? task.paused !== null : stops
  const isBack = isEnded(was.status) && !isEnded(task.status)
  const isSaid = !pauses && !isBack && equal(was.runs, task.runs) && equal(was.dependsOn, task.dependsOn)
  await tx.task.update({
    where: { id },
    data: {
      ...(Object.fromEntries(changed) as Prisma.TaskUncheckedUpdateInput),
      ...(leaves ? { planId: leaves } : {}),
      // Without a word the database leaves it to the scheduler.
      ...(waits
        ? next(how.whilePaused)
        : isSaid
          ? {}
          : { nextReason: '', ...waitsForOthers(task, loaded, how.to, how.now) }),
    },
  })
  const settled = was.decisions.filter(({ id: decision }) =>
    task.decisions.some((one) => one.id === decision && !one.open),
  )
  if (settled.length > 0) {
    await tx.decision.updateMany({
      where: { id: { in: settled.map((decision) => decision.id) }, status: 'open' },
      data: { status: 'withdrawn', comment: task.statusReason },
    })
  }
}

/** A new task in front moves all others: one statement, however many there are. */
async function moveTasks(tx: Transaction, moved: { id: string; position: number }[]): Promise<void> {
  if (moved.length === 0) return
  await tx.$executeRaw`
    update "Task" set "position" = placed.position
    from unnest(${moved.map(({ id }) => id)}::uuid[], ${moved.map(({ position }) => position)}::integer[])
      as placed(id, position)
    where "Task".id = placed.id`
}

async function rewire(tx: Transaction, ids: ReadonlyMap<string, string>, tasks: readonly TaskState[]): Promise<void> {
  if (tasks.length === 0) return
  const idOf = (ref: string) => ids.get(ref) as string
  await tx.dependency.deleteMany({ where: { taskId: { in: tasks.map(({ ref }) => idOf(ref)) } } })
  await tx.dependency.createMany({
    data: tasks.flatMap(({ ref, dependsOn }) =>
      dependsOn.filter((needed) => ids.has(needed)).map((needed) => ({ taskId: idOf(ref), dependsOnId: idOf(needed) })),
    ),
  })
}

const allRuns = (state: PlanState) => [...state.requirement.runs, ...state.tasks.flatMap(({ runs }) => runs)]

async function saveRuns(tx: Transaction, from: PlanState, to: PlanState, how: How): Promise<void> {
  const old = new Map(allRuns(from).map((run) => [run.id, run]))
  const changed = allRuns(to).filter((run) => old.has(run.id) && !equal(old.get(run.id), run))
  const of = (is: (run: RunState) => boolean) => changed.filter(is).map(({ id }) => id)
  const paused = of(({ status, held }) => status === 'paused' && held)
  const cancelled = of(({ status }) => status === 'cancelled')
  const back = of(({ status, held }) => status === 'paused' && !held)
  // A worker that holds one of them loses the right to write with the lease; its journal stays.
  await tx.run.updateMany({
    where: { id: { in: paused }, status: { in: ['queued', 'running'] } },
    data: { status: 'paused', heldAt: how.now, lease: { increment: 1 }, ...next(how.whilePaused) },
  })
  await tx.run.updateMany({
    where: { id: { in: cancelled }, status: { notIn: ['finished', 'failed', 'cancelled'] } },
    data: {
      status: 'cancelled',
      heldAt: null,
      errorMessage: how.why,
      lease: { increment: 1 },
    },
  })
  // The scheduler sets them going when there is room: others may have taken their slots.
  await tx.run.updateMany({
    where: { id: { in: back }, status: 'paused', heldAt: { not: null } },
    data: { heldAt: null, ...next(nextActorOf(freeAgain, how.now)) },
  })
}

/** The plan's JSON after a change: what people read, and what the next change starts from. */
function contentOf(before: PlanContent, state: PlanState): PlanContent {
  const rationale = new Map(before.tasks.map((task) => [task.id, task.rationale]))
  const present = state.tasks.filter(({ inPlan }) => inPlan)
  return {
    ...before,
    tasks: present.map((task) => ({
      id: task.ref,
      title: task.title,
      kind: task.kind,
      capability: task.capability,
      instructions: task.instructions,
      dependsOn: task.dependsOn,
      statements: task.statements,
      owns: task.owns,
      reads: task.reads,
      acceptance: task.acceptance,
      risk: task.risk,
      rationale: rationale.get(task.ref) ?? 'Added by a person.',
    })),
  }
}

/** The next revision. The plan before it stays to be read; its tasks move on to the new one. */
export async function addRevision(
  tx: Transaction,
  before: { plan: Plan; content: PlanContent },
  target: PlanState,
): Promise<Plan> {
  const { organizationId, requirementId, summary, repairs, agentId, scripted } = before.plan
  const last = await tx.plan.aggregate({ where: { requirementId }, _max: { revision: true } })
  const plan = await tx.plan.create({
    data: {
      organizationId,
      requirementId,
      revision: (last._max.revision ?? 0) + 1,
      status: 'accepted',
      summary,
      content: contentOf(before.content, target) as Prisma.InputJsonValue,
      repairs: repairs as Prisma.InputJsonValue,
      agentId,
      scripted,
    },
  })
  await tx.plan.update({ where: { id: before.plan.id }, data: { status: 'superseded' } })
  await tx.task.updateMany({ where: { planId: before.plan.id }, data: { planId: plan.id } })
  return plan
}

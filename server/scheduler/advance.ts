import type { Capability } from '#server/agents/model'
import { capabilities } from '#server/agents/model'
import type { Scope } from '#server/auth/model'
import { send, type Transaction } from '#server/platform/database/transaction'
import { isClosed, requirementStatusSchema } from '#server/requirements/model'
import { type NextActor, nextActorOf, type Situation } from '#server/tasks/rules/next-actor'
import { type Advance, carryOut, flush } from './carry-out'
import { saveWaiting } from './repository/changes'
import { type Head, loadHead } from './repository/facts'
import { type Locked, lockForAdvance, lockSlots, saveRest } from './repository/requirement'
import { loadSlots, type SlotFacts } from './repository/slots'
import { fileHolders, movableTasks, readyTasks, type Standing, standingOf } from './repository/tasks'
import type { Facts, TaskFact } from './rules/facts'
import { compareTurns } from './rules/fair'
import { closingSteps, type Next, nextSteps } from './rules/next-steps'
import { type PlanRun, requirementActor } from './rules/requirement-actor'
import { type Slots, slotsOf } from './rules/slots'
import { type Starts, startSteps } from './rules/start-steps'
import { isAtRest, isStart, type Step } from './rules/steps'

/** Rounds of steps in one transaction; each moves the state forward, so this is only a guard against a faulty rule. */
const MOST_ROUNDS = 50
/** Ready tasks looked at beyond the free slots of their agents: they are told what they wait for. */
const BEYOND_SLOTS = 4
const MOST_READY = 200

/** What an advance asks for: looks at other requirements, and at itself later. */
export interface Followers {
  /** that wait for what it has set free */
  wake: string[]
  /** for whom slots are left, the first in turn first: they may be handed over in the same transaction */
  heirs: string[]
  /** seconds from now */
  alarms: number[]
}

interface Made {
  /** runs were started, so this was its turn among the requirements that wait for slots */
  served: boolean
  /** a step was the requirement's own: its row is another one now */
  changed: boolean
}

interface Round {
  facts: Facts
  next: Next
  starts: Starts
  slots: Slots
  /** null while nothing is built */
  standing: Standing | null
}

/** How an advance comes about. */
export interface Occasion {
  /** the event that is looked at: whoever has seen it is not looked at again */
  unseen?: bigint
  /** in a transaction that holds the lock of the slots: what somebody else holds is left to them */
  asHeir?: boolean
}

/**
 * Locks the requirement and takes every step that is due: first what is under way, then the most urgent ready tasks as
 * far as there is room, then the end. Stores who acts next. Joins the caller's transaction.
 * @returns null when it was not looked at
 */
export async function advance(
  tx: Transaction,
  scope: Scope,
  requirementId: string,
  { unseen, asHeir = false }: Occasion = {},
): Promise<Followers | null> {
  const { organizationId } = scope
  const wanted = { organizationId, requirementId, unseen: unseen ?? null, unlessLocked: asHeir }
  // In one round trip, carried out in this order. From the lock of the slots to the commit others of the organization wait.
  const [locked, tasks, , slots] = await Promise.all([
    lockForAdvance(tx, wanted),
    movableTasks(tx, requirementId),
    asHeir ? null : lockSlots(tx, organizationId),
    loadSlots(tx, scope, requirementId),
  ])
  if (!locked || !slots) return null
  if (isClosed(requirementStatusSchema.parse(locked.requirement.status))) return { wake: [], heirs: [], alarms: [] }
  const { requirement, project, now } = locked
  const work: Advance = { tx, scope, requirement, project, now, events: [], wake: new Set(), alarms: [] }
  const made: Made = { served: false, changed: false }
  let look: Look = { tasks, slots }
  for (let count = 0; count < MOST_ROUNDS; count += 1) {
    if (count > 0) look = await lookAgain(work)
    const { round, steps, again } = await oneRound(work, look)
    made.served ||= steps.some((step) => isStart(step) && step.kind !== 'raise')
    made.changed ||= steps.some((step) => !('taskId' in step) || step.taskId === undefined)
    if (again) continue
    await comeToRest(work, locked, round, made)
    const wake = [...work.wake].filter((id) => id !== requirementId)
    return { wake, heirs: rivalsWithRoom(round.facts, round.slots), alarms: secondsUntil(work) }
  }
  throw new Error(`requirement ${requirementId} did not come to rest after ${MOST_ROUNDS} rounds`)
}

/** Whole seconds from now, each once: the database's timers know nothing finer. */
function secondsUntil({ alarms, now }: Advance): number[] {
  return [...new Set(alarms.map((at) => Math.max(1, Math.ceil((at.getTime() - now.getTime()) / 1000))))]
}

/** What a round begins with. */
interface Look {
  tasks: TaskFact[]
  slots: SlotFacts
}

async function lookAgain(work: Advance): Promise<Look> {
  const { tx, scope } = work
  const { id } = work.requirement
  const [requirement, tasks, slots] = await Promise.all([
    tx.requirement.findUniqueOrThrow({ where: { id } }),
    movableTasks(tx, id),
    loadSlots(tx, scope, id),
  ])
  work.requirement = requirement
  return { tasks, slots: slots as SlotFacts }
}

/** What follows from a look. `again`: what was done may let more follow. */
async function oneRound(work: Advance, look: Look): Promise<{ round: Round; steps: Step[]; again: boolean }> {
  const { tx } = work
  const head = await loadHead(tx, work)
  const building = head.requirement.status === 'in_progress'
  const tasks = building ? look.tasks : []
  const facts = factsOf(head, look.slots, tasks)
  const slots = slotsOf(facts)
  const next = nextSteps(facts, slots)
  await carryOut(work, next.steps, tasks)
  const round: Round = { facts, next, slots, starts: { steps: [], waiting: [], wants: [] }, standing: null }
  if (!building || isClosing(next.steps)) {
    return { round, steps: next.steps, again: next.steps.length > 0 && !isAtRest(next.steps) }
  }
  return startReady(work, round)
}

function isClosing(steps: readonly Step[]): boolean {
  return steps.some((step) => step.kind === 'cancel-requirement')
}

function factsOf(head: Head, slots: SlotFacts, tasks: TaskFact[]): Facts {
  const counts = { unfinished: true, inFlight: true, startable: true, done: false }
  return { ...head, ...slots, tasks, ready: [], inFlight: [], counts }
}

async function startReady(work: Advance, round: Round): Promise<{ round: Round; steps: Step[]; again: boolean }> {
  const { tx, requirement } = work
  const { facts, slots, next } = round
  if (facts.requirement.pausedBy === null) {
    facts.ready = await readyTasks(tx, requirement.id, wantedOf(facts))
    if (facts.ready.some((task) => task.owns.length > 0)) facts.inFlight = await fileHolders(tx, facts.project.id)
    round.starts = startSteps(facts, slots)
    await carryOut(work, round.starts.steps, facts.ready)
  }
  await tellWaiting(work, round)
  round.standing = await standingOf(tx, requirement.id)
  facts.counts = round.standing.counts
  const closing = closingSteps(facts)
  await carryOut(work, closing, [])
  const steps = [...next.steps, ...round.starts.steps, ...closing]
  const settled = next.steps.filter((step) => !endsHere.has(step.kind))
  // What was sent back or finished has been followed up by the starts of this same round.
  const again = !isAtRest([...settled, ...closing])
  return { round, steps, again }
}

const endsHere: ReadonlySet<Step['kind']> = new Set(['finish-task', 'send-back', 'start-over', 'raise', 'fail-task'])

/** How many ready tasks of each capability are worth looking at: what its agents have room for, and a few more. */
function wantedOf(facts: Facts): { capability: Capability; most: number }[] {
  const { organization, project } = facts.limits
  const room = Math.min(
    organization.most === null ? MOST_READY : organization.most - organization.used,
    project.most === null ? MOST_READY : project.most - project.used,
  )
  return capabilities.map((capability) => {
    const able = facts.agents.filter((agent) => agent.enabled && agent.capabilities.includes(capability))
    const free = able.reduce((sum, agent) => sum + Math.max(0, agent.maxConcurrent - agent.running), 0)
    return { capability, most: Math.min(MOST_READY, Math.max(0, Math.min(free, room)) + BEYOND_SLOTS) }
  })
}

/** Stores what everybody waits for that was due and did not start. */
async function tellWaiting({ tx, now }: Advance, { next, starts }: Round): Promise<void> {
  const tell = (taskId: string, situation: Situation, blockedById: string | null) => ({
    taskId,
    next: nextActorOf(situation, now),
    blockedById,
  })
  const waiting = [
    ...starts.waiting.map(({ taskId, situation, blockedById }) => tell(taskId, situation, blockedById)),
    ...next.held.flatMap(({ taskId, noRoom: { reason, until } }) =>
      taskId ? [tell(taskId, { kind: 'room', reason, until }, null)] : [],
    ),
    ...next.paused.map(({ taskId, by }) => tell(taskId, { kind: 'paused', by }, null)),
  ]
  await send(tx, saveWaiting(tx, waiting))
}

/** Stores who acts next for the requirement, and what it waits for. */
async function comeToRest(work: Advance, locked: Locked, round: Round, made: Made): Promise<void> {
  const { tx, requirement } = work
  const { facts, next, starts } = round
  for (const { situation } of starts.waiting) {
    if (situation.kind === 'room' && situation.until) work.alarms.push(situation.until)
  }
  for (const { noRoom } of next.held) if (noRoom.until) work.alarms.push(noRoom.until)
  await flush(work)
  if (made.changed) work.requirement = await tx.requirement.findUniqueOrThrow({ where: { id: requirement.id } })
  const head = await loadHead(tx, work)
  const building = head.requirement.status === 'in_progress'
  const actor = requirementActor(
    { ...facts, ...head },
    {
      leading: building ? (round.standing?.leading ?? null) : null,
      planRun: await activePlanRun(tx, head),
      held: next.held.find(({ taskId }) => taskId === null)?.noRoom ?? null,
    },
  )
  const held = next.held.filter(({ noRoom }) => noRoom.kind !== 'provider').map(({ agentId }) => agentId)
  const wants = [...new Set([...starts.wants, ...held])].sort()
  const rest = { next: actor, wants, served: made.served, sequence: locked.sequence }
  await send(tx, saveRest(tx, requirement, rest))
}

async function activePlanRun(tx: Transaction, head: Head): Promise<PlanRun | null> {
  const run = head.planRuns.findLast(({ status }) => status === 'queued' || status === 'running' || status === 'asking')
  if (!run) return null
  const row = await tx.run.findUniqueOrThrow({ where: { id: run.id }, omit: { prompt: true, result: true } })
  const agent = await tx.agent.findUnique({ where: { id: run.agentId }, select: { name: true } })
  const { nextActor, nextActorId: id, nextActorName: name, nextReason: reason, nextDeadline: deadline } = row
  const waits = run.status === 'asking' || row.notBefore !== null
  const next = { actor: nextActor as NextActor['actor'], id, name, reason, deadline }
  return { id: run.id, agentName: agent?.name ?? 'An agent', waits: waits ? next : null }
}

/**
 * Those who wait for an agent that still has room after this round, the first in turn first: one for each slot that may
 * have come free here, and one more. Whoever is woken and leaves room wakes the next one, so room is never left over,
 * and a run that ends does not wake everybody.
 */
function rivalsWithRoom(facts: Facts, slots: Slots): string[] {
  const { rivals } = facts.limits
  const open = facts.agents.filter((agent) => slots.room(agent) > 0)
  const room = open.reduce((sum, agent) => sum + slots.room(agent), 0)
  return rivals
    .filter((rival) => open.some((agent) => rival.wants.includes(agent.id)))
    .sort(compareTurns)
    .slice(0, Math.min(room, facts.tasks.length + 1))
    .map((rival) => rival.requirementId)
}

import type { Situation } from '#server/tasks/rules/next-actor'
import { type Assignment, assign, type Candidate, describeRefusals } from './assign'
import type { AgentFact, Facts, FileHolder, TaskFact } from './facts'
import { conflictOf } from './ownership'
import { noAgent, taskFailed } from './questions'
import type { NoRoom, Slots } from './slots'
import type { Step } from './steps'

/** What becomes of the ready tasks: some start, the others are told what they wait for. */
export interface Starts {
  steps: Step[]
  waiting: { taskId: string; situation: Situation; blockedById: string | null }[]
  /** ids of the agents that ready tasks wait for */
  wants: string[]
}

interface Round {
  facts: Facts
  slots: Slots
  holders: FileHolder[]
  starts: Starts
  settled: Set<string>
  wants: Set<string>
}

/**
 * Starts ready tasks, the highest rank first, as far as there is room and no task in flight holds their files. Of two
 * ready tasks that want the same file the older one goes first; nobody who waits holds anything, so no two tasks can
 * wait for each other.
 */
export function startSteps(facts: Facts, slots: Slots): Starts {
  const starts: Starts = { steps: [], waiting: [], wants: [] }
  if (facts.requirement.pausedBy !== null || facts.requirement.status !== 'in_progress') return starts
  const round: Round = { facts, slots, holders: [...facts.inFlight], starts, settled: new Set(), wants: new Set() }
  const ready = facts.ready.filter(
    (task) => task.pausedBy === null && (task.notBefore === null || task.notBefore <= facts.now),
  )
  for (const task of ready) settle(task, ready, round)
  starts.wants = [...round.wants].sort()
  return starts
}

function settle(task: TaskFact, ready: readonly TaskFact[], round: Round): void {
  if (round.settled.has(task.id)) return
  round.settled.add(task.id)
  const choice = choose(task, round)
  if ('question' in choice) {
    round.starts.steps.push({ kind: 'raise', question: choice.question, taskId: task.id })
    return
  }
  if ('noRoom' in choice) {
    const { reason, until } = choice.noRoom
    round.starts.waiting.push({ taskId: task.id, situation: { kind: 'room', reason, until }, blockedById: null })
    if (choice.noRoom.kind !== 'provider') for (const id of choice.wants) round.wants.add(id)
    return
  }
  const requirementId = round.facts.requirement.id
  const files = [...task.owns, ...task.touched]
  for (const older of ready) {
    if (!isOlder(older, task) || round.settled.has(older.id)) continue
    const holder = { taskId: older.id, ref: older.ref, requirementId, requirementNumber: 0, files: filesOf(older) }
    if (conflictOf({ id: task.id, files, requirementId }, [holder])) settle(older, ready, round)
  }
  const conflict = conflictOf({ id: task.id, files, requirementId }, round.holders)
  if (conflict) {
    const situation: Situation = { kind: 'files', holderId: conflict.holder.taskId, reason: conflict.reason }
    round.starts.waiting.push({ taskId: task.id, situation, blockedById: conflict.holder.taskId })
    return
  }
  start(task, choice.chosen, choice.agent, round)
}

function start(task: TaskFact, chosen: Assignment, agent: AgentFact, round: Round): void {
  // Starting an older task that wants the same files may have used up the room meanwhile.
  const noRoom = round.slots.refusal(agent)
  if (noRoom) {
    const situation: Situation = { kind: 'room', reason: noRoom.reason, until: noRoom.until }
    round.starts.waiting.push({ taskId: task.id, situation, blockedById: null })
    round.wants.add(agent.id)
    return
  }
  round.slots.take(agent)
  round.holders.push({
    taskId: task.id,
    ref: task.ref,
    requirementId: round.facts.requirement.id,
    requirementNumber: round.facts.requirement.number,
    files: filesOf(task),
  })
  const attempt = (task.agentId === chosen.agentId ? task.attempt : 0) + 1
  round.starts.steps.push({ kind: 'start-task', taskId: task.id, assignment: chosen, attempt })
}

const filesOf = (task: TaskFact): string[] => [...task.owns, ...task.touched]

function isOlder(left: TaskFact, right: TaskFact): boolean {
  const age = left.createdAt.getTime() - right.createdAt.getTime()
  return age < 0 || (age === 0 && left.position < right.position)
}

type Choice =
  | { chosen: Assignment; agent: AgentFact }
  | { noRoom: NoRoom; wants: string[] }
  | { question: ReturnType<typeof noAgent> }

/**
 * Who does a task: the agent that people chose, else the one at work until its attempts are used up, else the best of
 * those with room. If nobody fits at all, people are asked; if they only have no room, it waits.
 */
function choose(task: TaskFact, round: Round): Choice {
  const { facts, slots } = round
  const wish = {
    capability: task.capability,
    providerMode: facts.project.providerMode,
    tried: task.agentsTried,
    cheaperThan: priceWall(task, facts),
  }
  const only = (id: string | null) => facts.agents.filter((agent) => agent.id === id)
  const pools = [
    { agents: only(task.wantedAgentId), wish: { ...wish, anyCapability: true } },
    { agents: only(task.attempt > 0 ? task.agentId : null), wish },
    { agents: facts.agents, wish },
  ]
  for (const pool of pools) {
    const { chosen, candidates } = assign(pool.agents, pool.wish)
    if (!chosen) continue
    const withRoom = pool.agents.filter((agent) => slots.refusal(agent) === null)
    const now = assign(withRoom, pool.wish).chosen
    const agent = facts.agents.find(({ id }) => id === (now ?? chosen).agentId) as AgentFact
    if (now) return { chosen: { ...now, candidates }, agent }
    const wants = candidates.filter((candidate) => candidate.score !== null).map((candidate) => candidate.agentId)
    return { noRoom: slots.refusal(agent) as NoRoom, wants }
  }
  return { question: questionFor(task, assign(facts.agents, wish).candidates) }
}

/** Whoever takes over at a budget's wall must cost less than the agent that stood there. */
function priceWall(task: TaskFact, facts: Facts): number | null {
  if (task.decision?.kind !== 'budget_wall' || task.decision.answer !== 'cheaper') return null
  const last = task.agentsTried.at(-1)
  return facts.agents.find((agent) => agent.id === last)?.outputPrice ?? null
}

function questionFor(task: TaskFact, candidates: readonly Candidate[]) {
  return task.agentsTried.length > 0
    ? taskFailed(task, task.run?.errorMessage || task.review?.errorMessage || 'its checks did not pass')
    : noAgent(task, describeRefusals(candidates))
}

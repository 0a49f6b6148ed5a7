import { isClosed } from '#server/requirements/model'
import { isEnded } from '#server/tasks/model'
import { active, ask, type Engine, inFlight, lose, type ModelRun, type ModelTask, unfinished } from './engine-model'

/** A choice of the environment: which of its possible moves, and details. */
export type Choice = readonly [move: number, detail: number]

type Move = (detail: number) => void

/** Codes of failures, one of each class: passing, the agent's own, and unforeseen. */
const codes = ['overloaded', 'authentication', 'internal', 'turn-limit', 'time-limit', 'outside-ownership']

/** Everything the world may do next: workers, checks, the merge queue, people, time. */
export function movesOf(engine: Engine): Move[] {
  const moves: Move[] = [
    () => {
      engine.now += 60_000
    },
  ]
  if (isClosed(engine.status)) return moves
  for (const run of engine.runs) moves.push(...movesOfRun(engine, run))
  for (const task of engine.tasks) moves.push(...movesOfTask(engine, task))
  const open = [...engine.decisions, ...engine.tasks.flatMap((task) => task.decision ?? [])]
  for (const decision of open)
    if (decision.status === 'open') moves.push((detail) => answer(engine, decision.id, detail))
  if (engine.verification === 'requested')
    moves.push(() => {
      engine.verification = 'recorded'
    })
  moves.push(
    () => (engine.pausedBy === null ? pause(engine) : resume(engine)),
    (detail) => {
      engine.foreign = detail % 2
    },
    (detail) => {
      const agent = engine.agents[detail % engine.agents.length]
      if (agent) agent.enabled = !agent.enabled
    },
  )
  return moves
}

function movesOfRun(engine: Engine, run: ModelRun): Move[] {
  // A worker whose run was cancelled or taken over may still come back: its lease is refused, so nothing changes.
  if (!unfinished(run)) return []
  if (run.waitsFor !== null) return [(detail) => settleWall(engine, run, detail)]
  if (run.status === 'asking' || run.status === 'paused') return []
  return [
    () => {
      run.status = 'running'
    },
    (detail) => finish(engine, run, detail),
    (detail) => {
      run.status = 'failed'
      run.errorCode = codes[detail % codes.length] as string
    },
    () => {
      run.status = 'queued'
    },
    () => laysAside(engine, run, 'agent_question'),
    () => laysAside(engine, run, 'budget_wall'),
    () => pausedWhileAsking(engine, run),
  ]
}

/** People pause the requirement: what is at work is laid aside. */
function pause(engine: Engine): void {
  engine.pausedBy = 'Ana'
  layAside(engine.runs)
}

function layAside(runs: readonly ModelRun[]): void {
  for (const run of runs) if (active(run)) Object.assign(run, { status: 'paused', held: true })
}

function resume(engine: Engine): void {
  engine.pausedBy = null
  takeUp(engine)
}

/** What nobody holds any more goes on when the scheduler has room for it. */
function takeUp(engine: Engine): void {
  if (engine.pausedBy !== null) return
  for (const run of engine.runs) {
    const task = engine.tasks.find(({ id }) => id === run.taskId)
    if (run.held && !task?.pausedBy) run.held = false
  }
}

/** The question is put, and before its run is laid aside, people pause it. */
function pausedWhileAsking(engine: Engine, run: ModelRun): void {
  const task = engine.tasks.find(({ id }) => id === run.taskId)
  if (!task) return
  task.decision = ask(engine, 'agent_question', run.id)
  task.asked += 1
  pause(engine)
}

function finish(engine: Engine, run: ModelRun, detail: number): void {
  run.status = 'finished'
  if (run.purpose === 'implement') {
    run.changed = detail % 3 > 0
    run.commit = run.changed ? run.id : 'base'
  }
  if (run.purpose === 'review') run.approves = detail % 3 > 0
  if (run.purpose === 'plan') engine.count += 1
}

function laysAside(engine: Engine, run: ModelRun, kind: 'agent_question' | 'budget_wall'): void {
  const decision = ask(engine, kind, run.id)
  run.status = 'asking'
  if (kind === 'budget_wall') run.waitsFor = decision.id
  const task = engine.tasks.find(({ id }) => id === run.taskId)
  if (!task) {
    engine.decisions.push(decision)
    return
  }
  task.decision = decision
  task.asked += 1
}

/** Whoever settles budgets moves the run: on, to an end, or to a cheaper agent. */
function settleWall(engine: Engine, run: ModelRun, detail: number): void {
  const decision = [...engine.decisions, ...engine.tasks.flatMap((task) => task.decision ?? [])].find(
    ({ id }) => id === run.waitsFor,
  )
  if (decision?.status === 'open') {
    answer(engine, decision.id, detail)
    return
  }
  run.waitsFor = null
  if (decision?.answer === 'stop') {
    run.status = 'failed'
    run.errorCode = 'budget-wall'
  } else run.status = decision?.answer === 'cheaper' ? 'cancelled' : 'paused'
}

function movesOfTask(engine: Engine, task: ModelTask): Move[] {
  if (isEnded(task.status)) return []
  const moves: Move[] = [
    () => {
      task.pausedBy = task.pausedBy === null ? 'Ana' : null
      if (task.pausedBy) layAside(engine.runs.filter(({ taskId }) => taskId === task.id))
      else takeUp(engine)
    },
    () => lose(engine, task, 'cancelled'),
    () => skip(engine, task),
  ]
  if (inFlight(task) && task.status !== 'merging') moves.push((detail) => again(engine, task, detail))
  if (task.status === 'proving') {
    moves.push(
      () => {
        task.proof = 'passed'
      },
      () => {
        task.proof = 'failed'
      },
    )
  }
  if (task.merge?.status === 'queued') {
    const { merge } = task
    moves.push((detail) => {
      merge.status = ['merged', 'conflict', 'checks_failed'][detail % 3] as string
    })
  }
  return moves
}

/** A person leaves the task out: what waited for it goes on without it. */
function skip(engine: Engine, task: ModelTask): void {
  for (const other of engine.tasks) other.needs = other.needs.filter((id) => id !== task.id)
  lose(engine, task, 'cancelled')
}

/** A person has it started again, by the same agents or by one of their choice. */
function again(engine: Engine, task: ModelTask, detail: number): void {
  for (const run of engine.runs) if (run.taskId === task.id && unfinished(run)) run.status = 'cancelled'
  if (task.decision?.status === 'open') task.decision.status = 'withdrawn'
  task.status = 'ready'
  task.attempt = 0
  task.agentsTried = []
  task.agentId = null
  task.situation = { kind: 'turn' }
  task.wantedAgentId = detail % 2 === 0 ? (engine.agents[detail % engine.agents.length]?.id ?? null) : null
}

const options: Record<string, readonly string[]> = {
  plan_approval: ['approve', 'revise', 'cancel'],
  plan_failed: ['retry', 'cancel'],
  agent_question: ['a', 'b'],
  no_agent: ['retry', 'skip', 'cancel', 'accept'],
  task_failed: ['retry', 'skip', 'cancel'],
  merge_conflict: ['retry', 'skip', 'cancel'],
  budget_wall: ['raise', 'stop', 'cheaper'],
}

/** An answer by people or by default; or the question is withdrawn, or ends without an answer. */
function answer(engine: Engine, id: string, detail: number): void {
  const decision = [...engine.decisions, ...engine.tasks.flatMap((task) => task.decision ?? [])].find(
    (candidate) => candidate.id === id,
  )
  if (!decision) return
  const known = options[decision.kind] ?? ['retry']
  const ofPlanning = engine.decisions.includes(decision)
  const fitting = ofPlanning ? known.filter((option) => option !== 'skip' && option !== 'accept') : known
  const withoutAnswer = decision.kind !== 'plan_approval' && detail % 5 === 0
  decision.status = withoutAnswer ? (detail % 2 === 0 ? 'withdrawn' : 'expired') : 'answered'
  decision.answer = withoutAnswer ? null : (fitting[detail % fitting.length] as string)
}

/** The environment at its kindest: people resume, agents succeed, checks pass, questions get the answer that ends them. */
export function kindly(engine: Engine): void {
  engine.now += 3_600_000
  engine.foreign = 0
  engine.organizationMost = null
  for (const agent of engine.agents) agent.enabled = true
  for (const decision of [...engine.decisions, ...engine.tasks.flatMap((task) => task.decision ?? [])]) {
    if (decision.status !== 'open') continue
    decision.status = 'answered'
    decision.answer =
      { plan_approval: 'approve', budget_wall: 'raise', agent_question: 'a' }[decision.kind as 'budget_wall'] ?? 'retry'
  }
  if (engine.verification === 'requested') engine.verification = 'recorded'
  for (const task of engine.tasks) {
    task.pausedBy = null
    if (task.status === 'proving') task.proof = 'passed'
    if (task.merge?.status === 'queued') task.merge.status = 'merged'
  }
  resume(engine)
  for (const run of engine.runs) {
    if (run.waitsFor !== null && unfinished(run)) settleWall(engine, run, 0)
    if (active(run)) finish(engine, run, 1)
  }
}

import { isClosed, type RequirementStatus } from '#server/requirements/model'
import type { RunStatus } from '#server/runs/model'
import { isEnded, type TaskStatus } from '#server/tasks/model'
import type { Situation } from '#server/tasks/rules/next-actor'
import { changeOf, type TaskChange } from '../rules/changes'
import type { AgentFact, DecisionFact, Facts, RunFact, TaskFact } from '../rules/facts'
import { closingSteps, nextSteps } from '../rules/next-steps'
import { slotsOf } from '../rules/slots'
import { startSteps } from '../rules/start-steps'
import type { Step, TaskStep } from '../rules/steps'

/** A run as the model keeps it. */
export interface ModelRun {
  id: string
  taskId: string | null
  purpose: 'plan' | 'implement' | 'review'
  agentId: string
  status: RunStatus
  attempt: number
  errorCode: string | null
  commit: string | null
  changed: boolean
  held: boolean
  waitsFor: string | null
  /** reviews: the run that is judged */
  of: string | null
  approves: boolean | null
}

export interface ModelTask {
  id: string
  needs: string[]
  status: TaskStatus
  attempt: number
  agentId: string | null
  agentsTried: string[]
  wantedAgentId: string | null
  pausedBy: string | null
  notBefore: Date | null
  checks: number
  files: string[]
  /** the verdict on the newest run's commit */
  proof: 'none' | 'passed' | 'failed'
  merge: { runId: string; status: string } | null
  decision: DecisionFact | null
  asked: number
  situation: Situation
}

/** The whole engine in memory: rows, and what the environment may do to them. Steps come from the real rules. */
export interface Engine {
  now: number
  status: RequirementStatus
  pausedBy: string | null
  verification: 'none' | 'requested' | 'recorded'
  approval: 'ask' | 'automatic'
  plan: { revision: number; status: string } | null
  decisions: DecisionFact[]
  tasks: ModelTask[]
  /** the plan that planning makes */
  drafts: { id: string; needs: string[]; checks: number; files: string[] }[]
  runs: ModelRun[]
  agents: { id: string; enabled: boolean; capability: AgentFact['capabilities'][number]; slots: number }[]
  /** runs of others that take slots of each agent */
  foreign: number
  organizationMost: number | null
  count: number
}

const start = Date.UTC(2026, 0, 1)
export const active = (run: ModelRun): boolean => run.status === 'queued' || run.status === 'running'
export const unfinished = (run: ModelRun): boolean => active(run) || run.status === 'asking' || run.status === 'paused'
const flying: ReadonlySet<string> = new Set(['running', 'asking', 'proving', 'reviewing', 'merging'])
export const inFlight = (task: ModelTask): boolean => flying.has(task.status)
export const newest = (engine: Engine, taskId: string, purpose: ModelRun['purpose']): ModelRun | undefined =>
  engine.runs.findLast((run) => run.taskId === taskId && run.purpose === purpose)

function nextId(engine: Engine, kind: string): string {
  engine.count += 1
  return `${kind}${engine.count}`
}

const toRun = (run: ModelRun): RunFact => ({
  id: run.id,
  agentId: run.agentId,
  status: run.status,
  attempt: run.attempt,
  errorCode: run.errorCode,
  errorMessage: run.errorCode ?? '',
  commit: run.commit,
  changed: run.changed,
  held: run.held,
  waitsFor: run.waitsFor,
})

export function reviewOf(engine: Engine, run: ModelRun | undefined): ModelRun | undefined {
  return run && engine.runs.findLast((candidate) => candidate.purpose === 'review' && candidate.of === run.id)
}

function toTask(engine: Engine, task: ModelTask, position: number): TaskFact {
  const run = newest(engine, task.id, 'implement')
  const review = reviewOf(engine, run)
  const verdict =
    review?.approves == null
      ? null
      : { verdict: review.approves ? ('approve' as const) : ('request_changes' as const), summary: '', findings: [] }
  return {
    id: task.id,
    ref: task.id,
    title: task.id,
    capability: 'code',
    status: task.status,
    attempt: task.attempt,
    agentId: task.agentId,
    agentsTried: task.agentsTried,
    assignedName: task.agentId,
    wantedAgentId: task.wantedAgentId,
    pausedBy: task.pausedBy,
    notBefore: task.notBefore,
    rank: 100 - position,
    position,
    createdAt: new Date(start),
    startedAt: null,
    owns: task.files,
    touched: [],
    dependants: [],
    blocking: [],
    acceptance: Array.from({ length: task.checks }, (_, index) => ({ id: `A${index}` })),
    run: run ? toRun(run) : null,
    review: review ? { ...toRun(review), verdict } : null,
    reviewsTried: engine.runs.flatMap((item) =>
      item.purpose === 'review' && item.of === run?.id ? [item.agentId] : [],
    ),
    checks:
      task.proof === 'none'
        ? []
        : Array.from({ length: task.checks }, (_, index) => ({
            acceptanceId: `A${index}`,
            passed: task.proof === 'passed',
            command: 'c',
            exitCode: task.proof === 'passed' ? 0 : 1,
            output: '',
          })),
    merge:
      task.merge && task.merge.runId === run?.id
        ? { status: task.merge.status, mergedCommit: task.merge.status === 'merged' ? 'm' : null, detail: '' }
        : null,
    decision: task.decision,
    asked: task.asked,
  }
}

const openNeeds = (engine: Engine, task: ModelTask): number =>
  task.needs.filter((id) => engine.tasks.find((other) => other.id === id)?.status !== 'done').length

function factsOf(engine: Engine): Facts {
  const running = engine.runs.filter(active)
  const flight: TaskFact[] = []
  const ready: TaskFact[] = []
  for (const [position, task] of engine.tasks.entries()) {
    if (inFlight(task)) flight.push(toTask(engine, task, position))
    else if (waits(engine, task)) ready.push(toTask(engine, task, position))
  }
  return {
    now: new Date(engine.now),
    requirement: {
      id: 'r',
      number: 1,
      title: 'r',
      status: engine.status,
      verification: engine.verification,
      pausedBy: engine.pausedBy,
    },
    project: { id: 'p', planApproval: engine.approval, providerMode: 'scripted' },
    plan: engine.plan && { id: 'p', ...engine.plan, questions: [], tasks: engine.drafts.length },
    planRuns: engine.runs.filter((run) => run.purpose === 'plan').map(toRun),
    tasks: flight,
    ready,
    counts: countsOf(engine),
    decisions: engine.decisions,
    agents: engine.agents.map((agent) => toAgent(agent, running, engine.foreign)),
    limits: {
      organization: { used: running.length + engine.foreign, most: engine.organizationMost },
      project: { used: running.length, most: null },
      providers: [],
      own: { running: running.length, servedAt: null },
      rivals: [],
    },
    inFlight: flight.map((task) => ({
      taskId: task.id,
      ref: task.id,
      requirementId: 'r',
      requirementNumber: 1,
      files: task.owns,
    })),
  }
}

function toAgent(agent: Engine['agents'][number], running: readonly ModelRun[], foreign: number): AgentFact {
  return {
    id: agent.id,
    name: agent.id,
    role: 'r',
    capabilities: [agent.capability],
    connector: agent.capability === 'validation' ? 'anthropic' : 'openai',
    provider: 'openai',
    model: 'm',
    enabled: agent.enabled,
    hasCredential: true,
    running: running.filter((run) => run.agentId === agent.id).length + foreign,
    maxConcurrent: agent.slots,
    recentRuns: 0,
    recentFailures: 0,
    outputPrice: null,
  }
}

/** What `advance` does, on the model: every step that is due, until nothing is left to do. @returns steps taken */
export function advanceModel(engine: Engine): Step[] {
  const taken: Step[] = []
  for (let round = 0; round < 50; round += 1) {
    if (isClosed(engine.status)) return taken
    let facts = factsOf(engine)
    const slots = slotsOf(facts)
    const { steps, held, paused } = nextSteps(facts, slots)
    for (const step of steps) carry(engine, step)
    for (const { taskId, noRoom } of held)
      wait(engine, taskId, { kind: 'room', reason: noRoom.reason, until: noRoom.until })
    for (const { taskId, by } of paused) wait(engine, taskId, { kind: 'paused', by })
    taken.push(...steps)
    let count = steps.length
    if (engine.status === 'in_progress') {
      if (steps.length > 0) facts = { ...factsOf(engine), agents: facts.agents, limits: facts.limits }
      const starts = startSteps(facts, slots)
      for (const step of starts.steps) carry(engine, step)
      for (const { taskId, situation } of starts.waiting) wait(engine, taskId, situation)
      const closing = closingSteps({ ...facts, counts: countsOf(engine) })
      for (const step of closing) carry(engine, step)
      taken.push(...starts.steps, ...closing)
      count += starts.steps.length + closing.length
    }
    if (count === 0) return taken
  }
  throw new Error('the engine did not come to rest')
}

function wait(engine: Engine, taskId: string | null, situation: Situation): void {
  const task = engine.tasks.find(({ id }) => id === taskId)
  if (task) task.situation = situation
}

const waits = (engine: Engine, task: ModelTask): boolean =>
  (task.status === 'waiting' || task.status === 'ready') && openNeeds(engine, task) === 0

function countsOf(engine: Engine): Facts['counts'] {
  const { tasks } = engine
  return {
    unfinished: tasks.some((task) => !isEnded(task.status)),
    inFlight: tasks.some(inFlight),
    startable: tasks.some((task) => waits(engine, task)),
    done: tasks.some((task) => task.status === 'done'),
  }
}

function newRun(engine: Engine, draft: Pick<ModelRun, 'taskId' | 'purpose' | 'agentId' | 'attempt' | 'of'>): ModelRun {
  const rest = { errorCode: null, commit: null, changed: false, held: false, waitsFor: null, approves: null }
  const run: ModelRun = { id: nextId(engine, 'run'), status: 'queued', ...rest, ...draft }
  engine.runs.push(run)
  return run
}

export function ask(engine: Engine, kind: DecisionFact['kind'], runId: string | null = null): DecisionFact {
  return {
    id: nextId(engine, 'decision'),
    kind,
    status: 'open',
    runId,
    question: kind,
    answer: null,
    comment: '',
    defaultLabel: null,
    deadline: null,
  }
}

function drop(run: ModelRun | undefined): void {
  if (run && unfinished(run)) run.status = 'cancelled'
}

export function cancelAll(engine: Engine): void {
  engine.status = 'cancelled'
  for (const task of engine.tasks) if (!isEnded(task.status)) task.status = 'cancelled'
  for (const run of engine.runs) drop(run)
  for (const decision of [...engine.decisions, ...engine.tasks.flatMap((task) => task.decision ?? [])]) {
    if (decision.status === 'open') decision.status = 'withdrawn'
  }
}

/** Ends a task and what builds on it. */
export function lose(engine: Engine, task: ModelTask, status: 'failed' | 'cancelled'): void {
  task.status = status
  for (const run of engine.runs) if (run.taskId === task.id) drop(run)
  for (const other of engine.tasks) {
    if (!isEnded(other.status) && other.needs.includes(task.id)) lose(engine, other, 'cancelled')
  }
}

function carry(engine: Engine, step: Step): void {
  switch (step.kind) {
    case 'start-plan':
      for (const run of engine.runs) if (run.purpose === 'plan') drop(run)
      newRun(engine, {
        taskId: null,
        purpose: 'plan',
        agentId: step.assignment.agentId,
        attempt: step.attempt,
        of: null,
      })
      engine.status = 'planning'
      return
    case 'resume-plan':
      resume(engine, step.runId)
      return
    case 'propose-plan':
      engine.plan = { revision: (engine.plan?.revision ?? 0) + 1, status: 'proposed' }
      engine.status = 'plan_review'
      return
    case 'accept-plan':
      accept(engine)
      return
    case 'reject-plan':
      engine.plan = engine.plan && { ...engine.plan, status: 'rejected' }
      engine.status = 'submitted'
      return
    case 'recount':
      for (const task of engine.tasks)
        if (isEnded(task.status) && task.status !== 'done') lose(engine, task, task.status as 'failed')
      return
    case 'cancel-requirement':
      cancelAll(engine)
      return
    case 'request-verification':
      engine.verification = 'requested'
      return
    case 'close':
      engine.status = engine.tasks.every((task) => task.status === 'done') ? 'done' : 'partly_done'
      return
    case 'raise':
      if (step.taskId === undefined) {
        engine.decisions.push(ask(engine, step.question.kind))
        return
      }
      carryTask(engine, { ...step, taskId: step.taskId })
      return
    default:
      carryTask(engine, step)
  }
}

function resume(engine: Engine, runId: string): void {
  const run = engine.runs.find(({ id }) => id === runId)
  if (run && (run.status === 'asking' || run.status === 'paused')) run.status = 'queued'
}

function accept(engine: Engine): void {
  if (engine.plan) engine.plan.status = 'accepted'
  engine.status = 'in_progress'
  engine.tasks = engine.drafts.map((draft) => ({
    ...draft,
    status: 'waiting',
    attempt: 0,
    agentId: null,
    agentsTried: [],
    wantedAgentId: null,
    pausedBy: null,
    notBefore: null,
    proof: 'none',
    merge: null,
    decision: null,
    asked: 0,
    situation: { kind: 'dependencies', open: draft.needs.length, refs: draft.needs },
  }))
}

function carryTask(engine: Engine, step: TaskStep | (Extract<Step, { kind: 'raise' }> & { taskId: string })): void {
  const place = engine.tasks.findIndex(({ id }) => id === step.taskId)
  const task = engine.tasks[place] as ModelTask
  const fact = toTask(engine, task, place)
  const { runId, decision } = make(engine, step, task)
  apply(task, changeOf(step, fact, new Date(engine.now), { runId, decision }))
  if (step.kind === 'send-back' || step.kind === 'start-over') {
    for (const run of engine.runs) if (run.taskId === task.id) drop(run)
  }
  if (step.kind === 'fail-task') lose(engine, task, 'failed')
  if (step.kind === 'request-proof' && task.proof === 'none') task.proof = 'none'
  if (step.kind === 'queue-merge') task.merge = { runId: step.runId, status: 'queued' }
  if (step.kind === 'resume-run') resume(engine, step.runId)
}

function make(engine: Engine, step: TaskStep | Extract<Step, { kind: 'raise' }>, task: ModelTask) {
  if (step.kind === 'start-task') {
    task.proof = 'none'
    task.merge = null
    const { agentId } = step.assignment
    const run = newRun(engine, { taskId: task.id, purpose: 'implement', agentId, attempt: step.attempt, of: null })
    return { runId: run.id, decision: null }
  }
  if (step.kind === 'start-review') {
    drop(reviewOf(engine, newest(engine, task.id, 'implement')))
    const { agentId } = step.assignment
    const run = newRun(engine, {
      taskId: task.id,
      purpose: 'review',
      agentId,
      attempt: step.attempt,
      of: step.runId,
    })
    return { runId: run.id, decision: null }
  }
  if (step.kind === 'raise') {
    task.decision = ask(engine, step.question.kind)
    task.asked += 1
    return { runId: null, decision: task.decision }
  }
  return { runId: null, decision: null }
}

function apply(task: ModelTask, change: TaskChange): void {
  task.status = change.status
  if (change.situation) task.situation = change.situation
  if (change.attempt !== undefined) task.attempt = change.attempt
  if (change.agentId !== undefined) task.agentId = change.agentId
  if (change.agentsTried !== undefined) task.agentsTried = change.agentsTried
  if (change.wantedAgentId !== undefined) task.wantedAgentId = change.wantedAgentId
  if (change.notBefore !== undefined) task.notBefore = change.notBefore
}

/** Whoever is named as next actor of a task can really act: the property that nothing ever gets stuck. */
export function actorIsReal(engine: Engine, task: ModelTask): boolean {
  const { situation } = task
  if (task.pausedBy !== null || engine.pausedBy !== null) return true // a person resumes it
  switch (situation.kind) {
    case 'dependencies':
    case 'turn':
      return task.needs.some((id) => !isEnded(engine.tasks.find((other) => other.id === id)?.status ?? 'done'))
    case 'room':
      return engine.foreign > 0 || engine.runs.some(active) || (situation.until?.getTime() ?? 0) > engine.now
    case 'files':
      return engine.tasks.some((other) => other.id === situation.holderId && inFlight(other))
    case 'timer':
      return situation.until.getTime() >= engine.now && task.notBefore !== null
    case 'agent':
      return engine.runs.some((run) => run.id === situation.runId && (active(run) || run.held || run.waitsFor !== null))
    case 'proof':
      return task.status === 'proving' && task.proof === 'none'
    case 'merge':
      return task.merge?.status === 'queued'
    case 'decision':
      return task.decision?.id === situation.id && (task.decision.status === 'open' || isMoved(engine, task))
    default:
      return false
  }
}

/** The answer about a budget was given; whoever settles budgets moves the run next. */
function isMoved(engine: Engine, task: ModelTask): boolean {
  return engine.runs.some((run) => run.taskId === task.id && run.waitsFor === task.decision?.id)
}

/** Whether somebody acts next for the requirement itself. */
export function requirementHasActor(engine: Engine): boolean {
  if (engine.pausedBy !== null || engine.verification === 'requested') return true
  if (engine.decisions.some((decision) => decision.status === 'open')) return true
  if (engine.status !== 'in_progress') {
    return (
      engine.foreign > 0 ||
      engine.runs.some((run) => run.purpose === 'plan' && (active(run) || run.held || run.waitsFor !== null))
    )
  }
  return engine.tasks.some((task) => !isEnded(task.status))
}

/** What tests of changes share: plans at any stage of the work, and commands that people might give. */
import fc from 'fast-check'
import type { Change, TaskChange } from './model'
import type { ChangeContext, PlanState, RunState, TaskState } from './rules/plan-state'

const now = '2026-11-25T12:00:00.000Z'

export const context: ChangeContext = {
  by: 'Ana',
  now,
  agents: [
    { id: '00000000-0000-7000-8000-000000000001', name: 'Implementer', enabled: true, capabilities: ['code'] },
    {
      id: '00000000-0000-7000-8000-000000000002',
      name: 'Reasoner',
      enabled: true,
      capabilities: ['code', 'reasoning'],
    },
    { id: '00000000-0000-7000-8000-000000000003', name: 'Asleep', enabled: false, capabilities: ['code'] },
  ],
  nextRef: 100,
}

export function aTask(ref: string, given: Partial<TaskState> = {}): TaskState {
  return {
    ref,
    inPlan: true,
    position: Number(ref.slice(1)) - 1,
    title: `Task ${ref}`,
    kind: 'implement',
    capability: 'code',
    instructions: `Do ${ref}.`,
    statements: [],
    owns: [`${ref}.js`],
    reads: [],
    acceptance: [{ id: 'A1', text: 'it works', command: 'true', proves: [] }],
    risk: 'low',
    dependsOn: [],
    status: 'waiting',
    statusReason: '',
    attempt: 0,
    agentsTried: [],
    agentId: null,
    wantedAgentId: null,
    feedback: '',
    notBefore: null,
    paused: null,
    finishedAt: null,
    runs: [],
    decisions: [],
    endedByPerson: false,
    ...given,
  }
}

export function aPlan(tasks: TaskState[], given: Partial<PlanState['requirement']> = {}): PlanState {
  return {
    requirement: { number: 7, status: 'in_progress', verification: 'none', paused: null, runs: [], ...given },
    tasks,
  }
}

const run = (id: string, status: RunState['status']): RunState => ({ id, status, held: false })

/** Tasks that depend on earlier ones, each as far as its dependencies allow. */
export const somePlan: fc.Arbitrary<PlanState> = fc
  .array(fc.record({ edges: fc.array(fc.nat({ max: 20 }), { maxLength: 3 }), stage: fc.nat({ max: 9 }) }), {
    minLength: 2,
    maxLength: 9,
  })
  .map((drafts) => {
    const tasks: TaskState[] = []
    for (const [index, { edges, stage }] of drafts.entries()) {
      const dependsOn = [...new Set(edges.filter((edge) => edge < index).map((edge) => `T${edge + 1}`))].sort()
      const needed = dependsOn.map((ref) => tasks.find((task) => task.ref === ref) as TaskState)
      tasks.push(atStage(aTask(`T${index + 1}`, { dependsOn }), needed, stage))
    }
    return aPlan(tasks)
  })

const stages = ['done', 'done', 'done', 'running', 'asking', 'proving', 'merging', 'failed', 'ready', 'ready'] as const

function atStage(task: TaskState, needed: TaskState[], stage: number): TaskState {
  if (needed.some(({ status }) => status === 'failed' || status === 'cancelled')) {
    return { ...task, status: 'cancelled', statusReason: 'It builds on something that was not built.', finishedAt: now }
  }
  if (!needed.every(({ status }) => status === 'done')) return task
  const status = stages[stage] as TaskState['status']
  const agentId = context.agents[0]?.id as string
  if (status === 'ready') return { ...task, status }
  const ended = status === 'done' || status === 'failed'
  const open = status === 'running' ? [run(`run-${task.ref}`, 'running')] : []
  const asking = status === 'asking' ? [run(`run-${task.ref}`, 'asking')] : []
  const decisions = status === 'asking' ? [{ id: `decision-${task.ref}`, open: true }] : []
  return {
    ...task,
    status,
    attempt: 1,
    agentId,
    finishedAt: ended ? now : null,
    runs: [...open, ...asking],
    decisions,
  }
}

const ref = fc.integer({ min: 1, max: 5 }).map((number) => `T${number}`)
const acceptance = [{ text: 'it works', command: 'true', proves: [] }]
const agentId = fc.constantFrom(...context.agents.map(({ id }) => id))

const someTaskChange: fc.Arbitrary<TaskChange> = fc.oneof(
  ref.map((task) => ({ kind: 'pause-task' as const, task })),
  ref.map((task) => ({ kind: 'resume-task' as const, task })),
  ref.map((task) => ({ kind: 'cancel-task' as const, task })),
  ref.map((task) => ({ kind: 'skip' as const, task })),
  ref.map((task) => ({ kind: 'remove' as const, task })),
  fc.tuple(ref, fc.boolean()).map(([task, edited]) => ({
    kind: 'retry' as const,
    task,
    ...(edited ? { instructions: 'Other words.' } : {}),
  })),
  fc.tuple(ref, agentId).map(([task, id]) => ({ kind: 'reassign' as const, task, agentId: id })),
  fc.tuple(fc.array(ref, { maxLength: 2 }), fc.array(ref, { maxLength: 2 })).map(([dependsOn, before]) => ({
    kind: 'add' as const,
    title: 'A new task',
    taskKind: 'implement' as const,
    capability: 'code' as const,
    instructions: 'Do more.',
    dependsOn,
    before,
    statements: [],
    owns: ['more.js'],
    reads: [],
    acceptance,
    risk: 'low' as const,
  })),
  ref.map((task) => ({
    kind: 'split' as const,
    task,
    parts: [{ title: 'First part', instructions: 'The first half.', acceptance }],
  })),
  fc.tuple(ref, fc.array(ref, { maxLength: 3 }), fc.nat({ max: 10 })).map(([task, dependsOn, position]) => ({
    kind: 'reorder' as const,
    task,
    dependsOn,
    position,
  })),
  ref.map((task) => ({ kind: 'edit' as const, task, title: 'Another title', owns: ['else.js'] })),
)

export const someChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<Change>({ kind: 'pause' }, { kind: 'resume' }, { kind: 'cancel' }) },
  {
    weight: 6,
    arbitrary: fc
      .array(someTaskChange, { minLength: 1, maxLength: 3 })
      .map((changes): Change => ({ kind: 'revise', changes })),
  },
)

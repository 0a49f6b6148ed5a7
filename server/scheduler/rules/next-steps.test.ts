import { expect, test } from 'vitest'
import type { AgentFact, DecisionFact, Facts, RunFact, TaskFact } from './facts'
import { closingSteps, nextSteps as movesOf } from './next-steps'
import { slotsOf } from './slots'
import { startSteps } from './start-steps'
import type { Step } from './steps'

const now = new Date('2026-01-01T12:00:00Z')

const agent = (id: string, changes: Partial<AgentFact> = {}): AgentFact => ({
  id,
  name: id,
  role: 'implementer',
  capabilities: ['code'],
  connector: 'openai',
  provider: 'openai',
  model: 'm',
  enabled: true,
  hasCredential: true,
  running: 0,
  maxConcurrent: 4,
  recentRuns: 0,
  recentFailures: 0,
  outputPrice: null,
  ...changes,
})
const coder = agent('coder')
const analyst = agent('analyst', { capabilities: ['analysis'], connector: 'anthropic' })
const validator = agent('validator', { capabilities: ['validation'], connector: 'anthropic' })

const run = (changes: Partial<RunFact> = {}): RunFact => ({
  id: 'run',
  agentId: 'coder',
  status: 'finished',
  attempt: 1,
  errorCode: null,
  errorMessage: '',
  commit: 'c1',
  changed: true,
  held: false,
  waitsFor: null,
  ...changes,
})

const task = (changes: Partial<TaskFact> = {}): TaskFact => ({
  id: 't1',
  ref: 'T1',
  title: 'Build',
  capability: 'code',
  status: 'waiting',
  attempt: 0,
  agentId: null,
  agentsTried: [],
  assignedName: 'coder',
  wantedAgentId: null,
  pausedBy: null,
  notBefore: null,
  rank: 1,
  position: 0,
  createdAt: now,
  startedAt: null,
  owns: [],
  touched: [],
  dependants: [],
  blocking: [],
  decision: null,
  asked: 0,
  acceptance: [{ id: 'A1' }],
  run: null,
  review: null,
  reviewsTried: [],
  checks: [],
  merge: null,
  ...changes,
})

const facts = (changes: Partial<Facts> = {}): Facts => ({
  now,
  requirement: { id: 'r', number: 1, title: 'App', status: 'in_progress', verification: 'none', pausedBy: null },
  project: { id: 'p', planApproval: 'ask', providerMode: 'scripted' },
  plan: { id: 'p', revision: 1, status: 'accepted', questions: [], tasks: 1 },
  planRuns: [],
  tasks: [],
  ready: [],
  counts: { unfinished: true, inFlight: true, startable: true, done: false },
  decisions: [],
  agents: [analyst, coder, validator],
  limits: {
    organization: { used: 0, most: null },
    project: { used: 0, most: null },
    providers: [],
    own: { running: 0, servedAt: null },
    rivals: [],
  },
  inFlight: [],
  ...changes,
})

/** Everything the scheduler would do with these facts: what is under way, what is ready, the end. */
function nextSteps(given: Facts): Step[] {
  const slots = slotsOf(given)
  const moves = movesOf(given, slots).steps
  return [...moves, ...startSteps(given, slots).steps, ...closingSteps(given)]
}

const one = (changes: Partial<TaskFact>, more: Partial<Facts> = {}) => {
  const own = task(changes)
  const waits = own.status === 'waiting' || own.status === 'ready'
  return nextSteps(facts({ [waits ? 'ready' : 'tasks']: [own], ...more }))
}
const check = (passed: boolean) => ({
  acceptanceId: 'A1',
  passed,
  command: 'node --test',
  exitCode: passed ? 0 : 1,
  output: 'out',
})
const decision = (changes: Partial<DecisionFact>): DecisionFact => ({
  id: 'd',
  kind: 'agent_question',
  status: 'answered',
  runId: 'run',
  question: 'Which?',
  answer: 'a',
  comment: '',
  defaultLabel: null,
  deadline: null,
  ...changes,
})

test('a ready task starts with the agent and why', () => {
  const [step] = one({ id: 't2', ref: 'T2' })
  expect(step).toMatchObject({ kind: 'start-task', taskId: 't2', attempt: 1, assignment: { agentId: 'coder' } })
})

test.each<[string, Partial<TaskFact>, object]>([
  ['finished → prove', { status: 'running', run: run() }, { kind: 'request-proof', runId: 'run' }],
  [
    'changed nothing, nothing to prove → done',
    { status: 'running', acceptance: [], run: run({ changed: false }) },
    { kind: 'finish-task', mergedCommit: 'c1' },
  ],
  [
    'changed something without a check → review',
    { status: 'running', acceptance: [], run: run() },
    { kind: 'start-review' },
  ],
  [
    'changed nothing → its checks still run',
    { status: 'running', run: run({ changed: false }) },
    { kind: 'request-proof' },
  ],
  [
    'changed nothing and proven → done without review and merge',
    { status: 'proving', run: run({ changed: false }), checks: [check(true)] },
    { kind: 'finish-task' },
  ],
  [
    'crowded provider → later',
    { status: 'running', attempt: 1, agentId: 'coder', run: run({ status: 'failed', errorCode: 'overloaded' }) },
    { kind: 'send-back', delayMs: expect.any(Number) },
  ],
  [
    'asks → laid aside',
    { status: 'running', run: run({ status: 'asking' }), decision: decision({ status: 'open' }) },
    { kind: 'lay-aside' },
  ],
  [
    'failed → another attempt of the same agent',
    { status: 'running', attempt: 1, agentId: 'coder', run: run({ status: 'failed', errorCode: 'server' }) },
    { kind: 'send-back', giveUpAgent: false },
  ],
  [
    'third failure → another agent',
    { status: 'running', attempt: 3, agentId: 'coder', run: run({ status: 'failed', errorCode: 'server' }) },
    { kind: 'send-back', giveUpAgent: true },
  ],
  [
    'wrong key → another agent at once',
    { status: 'running', attempt: 1, agentId: 'coder', run: run({ status: 'failed', errorCode: 'authentication' }) },
    { kind: 'send-back', giveUpAgent: true },
  ],
  [
    'checks passed → review by another wire',
    { status: 'proving', run: run(), checks: [check(true)] },
    { kind: 'start-review', assignment: { agentId: 'validator' } },
  ],
  [
    'a check failed → back with its output',
    { status: 'proving', run: run(), checks: [check(false)] },
    { kind: 'send-back', feedback: expect.stringContaining('out') },
  ],
  [
    'approved → merge',
    {
      status: 'reviewing',
      run: run(),
      review: { ...run(), verdict: { verdict: 'approve', summary: '', findings: [] } },
    },
    { kind: 'queue-merge' },
  ],
  [
    'changes asked for → back with the findings',
    {
      status: 'reviewing',
      run: run(),
      review: {
        ...run(),
        verdict: {
          verdict: 'request_changes',
          summary: 'no',
          findings: [{ severity: 'must', statement: 'S1', path: 'a.js', text: 'wrong' }],
        },
      },
    },
    { kind: 'send-back', feedback: expect.stringContaining('must: wrong (a.js) [S1]') },
  ],
  [
    'merged → done',
    { status: 'merging', run: run(), merge: { status: 'merged', mergedCommit: 'm', detail: '' } },
    { kind: 'finish-task', mergedCommit: 'm' },
  ],
  [
    'conflict → back with both sides',
    { status: 'merging', run: run(), merge: { status: 'conflict', mergedCommit: null, detail: 'both' } },
    { kind: 'send-back', feedback: expect.stringContaining('both') },
  ],
  [
    'the third conflict since people were asked → people',
    { status: 'merging', run: run(), merge: { status: 'conflict', mergedCommit: null, detail: 'both', conflicts: 3 } },
    { kind: 'raise', question: { kind: 'merge_conflict', recommended: 'retry' } },
  ],
  [
    'tried again by decision → back with both sides',
    {
      status: 'asking',
      run: run(),
      merge: { status: 'conflict', mergedCommit: null, detail: 'both' },
      decision: decision({ kind: 'merge_conflict', status: 'answered', answer: 'retry' }),
    },
    { kind: 'send-back', giveUpAgent: false, feedback: expect.stringContaining('both') },
  ],
])('%s', (_name, changes, expected) => {
  expect(one(changes)).toMatchObject([expected])
})

test('no agent left is a question with options, never a stall; its answers are carried out', () => {
  expect(one({ agentsTried: ['coder'] })).toMatchObject([
    { kind: 'raise', question: { kind: 'task_failed', recommended: 'skip' } },
  ])
  expect(one({ capability: 'integration' })).toMatchObject([{ kind: 'raise', question: { kind: 'no_agent' } }])
  const asked = (answer: string, kind: 'task_failed' | 'no_agent' = 'task_failed') =>
    one({ status: 'asking', run: run(), decision: decision({ kind, answer, runId: null }) })
  expect(asked('retry')).toMatchObject([{ kind: 'start-over' }])
  expect(asked('skip')).toMatchObject([{ kind: 'fail-task' }])
  expect(asked('cancel')).toMatchObject([{ kind: 'cancel-requirement' }])
  expect(asked('accept', 'no_agent')).toMatchObject([{ kind: 'queue-merge' }])
})

test('nobody may review their own wire', () => {
  const same = [analyst, coder, agent('validator', { capabilities: ['validation'], connector: 'openai' })]
  expect(one({ status: 'proving', run: run(), checks: [check(true)] }, { agents: same })).toMatchObject([
    { kind: 'raise', question: { recommended: 'accept' } },
  ])
})

test('an answered question resumes the run that asked it; an open one waits', () => {
  const asking = { status: 'asking' as const, run: run({ status: 'asking' }) }
  expect(one({ ...asking, decision: decision({}) })).toMatchObject([
    { kind: 'resume-run', runId: 'run', decisionId: 'd' },
  ])
  expect(one({ ...asking, decision: decision({ status: 'open', answer: null }) })).toEqual([])
})

test('when all tasks ended: verify what was merged, then close', () => {
  const ended = (verification: 'none' | 'requested' | 'recorded', done = true) =>
    nextSteps(
      facts({
        requirement: { ...facts().requirement, verification },
        counts: { unfinished: false, inFlight: false, startable: false, done },
      }),
    ).map((step) => step.kind)
  expect(ended('none')).toEqual(['request-verification'])
  expect(ended('requested')).toEqual([])
  expect(ended('recorded')).toEqual(['close'])
  expect(ended('none', false)).toEqual(['close'])
})

test('tasks left behind that nothing leads to are counted anew', () => {
  const counts = { unfinished: true, inFlight: false, startable: false, done: true }
  expect(nextSteps(facts({ counts }))).toEqual([{ kind: 'recount' }])
})

test('nothing of what is paused is started', () => {
  const requirement = { ...facts().requirement, pausedBy: 'Ana' }
  expect(one({ status: 'waiting' }, { requirement })).toEqual([])
  expect(one({ status: 'running', run: run() }, { requirement })).toEqual([])
  expect(one({ status: 'running', run: run(), pausedBy: 'Ana' })).toEqual([])
  expect(one({ status: 'ready', pausedBy: 'Ana' })).toEqual([])
  expect(one({ status: 'ready', notBefore: new Date(now.getTime() + 1) })).toEqual([])
  expect(one({ status: 'running', run: run({ status: 'failed' }), pausedBy: 'Ana' })).toMatchObject([
    { kind: 'send-back' },
  ])
  expect(one({ status: 'running', run: run({ status: 'paused' }) })).toMatchObject([{ kind: 'resume-run' }])
})

const planning = (status: Facts['requirement']['status'], changes: Partial<Facts> = {}) =>
  nextSteps(facts({ requirement: { ...facts().requirement, status }, plan: null, ...changes }))
const proposed = (questions: { statement: string; text: string }[] = []) => ({
  id: 'p',
  revision: 1,
  status: 'proposed',
  questions,
  tasks: 3,
})
const aboutPlan = (changes: Partial<DecisionFact>) => decision({ kind: 'plan_approval', runId: null, ...changes })

test('planning: start, propose, another agent after a failure, then a question', () => {
  expect(planning('submitted')).toMatchObject([{ kind: 'start-plan', assignment: { agentId: 'analyst' }, attempt: 1 }])
  expect(planning('planning', { planRuns: [run()] })).toMatchObject([{ kind: 'propose-plan' }])
  const failed = run({ agentId: 'analyst', status: 'failed' })
  expect(planning('planning', { planRuns: [failed] })).toMatchObject([
    { kind: 'raise', question: { kind: 'plan_failed' } },
  ])
  const second = agent('second', { capabilities: ['analysis'] })
  expect(planning('planning', { planRuns: [failed], agents: [analyst, second] })).toMatchObject([
    { kind: 'start-plan', assignment: { agentId: 'second' }, attempt: 2 },
  ])
  const again = [aboutPlan({ kind: 'plan_failed', answer: 'retry' })]
  expect(planning('planning', { planRuns: [failed], decisions: again })).toMatchObject([
    { kind: 'start-plan', assignment: { agentId: 'analyst' }, attempt: 1001 },
  ])
  expect(planning('submitted', { agents: [coder] })).toMatchObject([{ kind: 'raise', question: { kind: 'no_agent' } }])
})

test('"stop" is carried out wherever planning stood and whichever question it was given to', () => {
  const failed = run({ agentId: 'analyst', status: 'failed' })
  for (const kind of ['no_agent', 'plan_failed'] as const) {
    const decisions = [aboutPlan({ kind, answer: 'cancel' })]
    expect(planning('submitted', { decisions })).toMatchObject([{ kind: 'cancel-requirement' }])
    expect(planning('planning', { decisions, planRuns: [failed] })).toMatchObject([{ kind: 'cancel-requirement' }])
  }
})

test('approval: asked when the project wants it or statements are left open; carried out as answered', () => {
  expect(planning('plan_review', { plan: proposed() })).toMatchObject([
    { kind: 'raise', question: { kind: 'plan_approval' } },
  ])
  const automatic = { ...facts().project, planApproval: 'automatic' as const }
  expect(planning('plan_review', { plan: proposed(), project: automatic })).toEqual([{ kind: 'accept-plan' }])
  expect(
    planning('plan_review', { plan: proposed([{ statement: 'S1', text: '?' }]), project: automatic }),
  ).toMatchObject([{ kind: 'raise', question: { why: expect.stringContaining('S1 (?)') } }])
  const answered = (answer: string) => planning('plan_review', { plan: proposed(), decisions: [aboutPlan({ answer })] })
  expect(answered('approve')).toEqual([{ kind: 'accept-plan' }])
  expect(answered('revise')).toEqual([{ kind: 'reject-plan' }])
  expect(answered('cancel')).toMatchObject([{ kind: 'cancel-requirement' }])
  expect(
    planning('plan_review', { plan: proposed(), decisions: [aboutPlan({ status: 'open', answer: null })] }),
  ).toEqual([])
})

test('a closed requirement has no next step', () => {
  for (const status of ['done', 'partly_done', 'failed', 'cancelled'] as const) expect(planning(status)).toEqual([])
})

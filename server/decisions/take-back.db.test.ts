/** Answers taken back while the engine acts on them: rows as the engine makes them, the scheduler's own job, no mocks. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAgent } from '#server/agents/commands'
import type { Scope } from '#server/auth/model'
import { changePlan, undoChange } from '#server/planner/changes'
import { database } from '#server/platform/database/client'
import type { Prisma } from '#server/platform/database/generated/client'
import { stopQueue } from '#server/platform/queue/queue'
import { cancelRequirement } from '#server/requirements/commands'
import { advanceRequirement } from '#server/scheduler/handlers'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { answerDecision } from './commands'
import { DecisionError } from './errors'
import { settleDecisions } from './handlers'
import { undoAnswer } from './take-back'
import { raiseTestDecision } from './testing'

let acme: TestOrganization
let scope: Scope
let agentId: string
let number = 0

beforeAll(async () => {
  acme = await makeOrganization()
  scope = acme.people.member.scope
  const agent = await createAgent(acme.people.owner.scope, {
    name: 'Implementer',
    role: 'custom',
    capabilities: ['code', 'analysis'],
    connector: 'compatible',
    provider: 'compatible',
    model: 'm',
  })
  agentId = agent.id
})
afterAll(stopQueue)

const codeOf = async (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => (error instanceof DecisionError ? error.code : String(error)),
  )
/** As the jobs of the events do: each step's event has the requirement looked at once more. */
const advance = async (requirementId: string) => {
  for (let times = 0; times < 3; times += 1) {
    await advanceRequirement({ organizationId: acme.organizationId, projectId: acme.projectId, requirementId })
  }
}
const answer = (decisionId: string, option: string) =>
  answerDecision(scope, { decisionId, option, comment: '', via: 'page' })
const undo = (decisionId: string) => undoAnswer(scope, { decisionId })
const decisionRow = (id: string) => database().decision.findUniqueOrThrow({ where: { id } })
const passTime = (id: string, seconds: number) =>
  database().$executeRaw`
    update "Decision" set "effectiveAt" = "effectiveAt" - make_interval(secs => ${seconds}::int),
      "undoUntil" = "undoUntil" - make_interval(secs => ${seconds}::int), "deadline" = "deadline" - make_interval(secs => ${seconds}::int)
    where id = ${id}::uuid`

const content = {
  summary: 'A plan.',
  assumptions: [],
  questions: [],
  tasks: [
    {
      id: 'T1',
      title: 'Store',
      kind: 'implement',
      capability: 'code',
      instructions: 'Build it.',
      dependsOn: [],
      statements: ['S1'],
      owns: ['src/**'],
      reads: [],
      acceptance: [{ id: 'A1', text: 'It works.', command: 'true', proves: ['S1'] }],
      risk: 'low',
      rationale: '',
    },
  ],
} satisfies Prisma.InputJsonObject

async function makeRequirement(status: string, planStatus: string) {
  number += 1
  const requirement = await database().requirement.create({
    data: { organizationId: acme.organizationId, projectId: acme.projectId, number, title: 'Board', text: 'x', status },
  })
  const plan = await database().plan.create({
    data: {
      organizationId: acme.organizationId,
      requirementId: requirement.id,
      revision: 1,
      status: planStatus,
      summary: '',
      content,
    },
  })
  return { requirementId: requirement.id, planId: plan.id }
}

/** What waits for an answer names the question; these rows are made before it. */
const waiting = { nextActor: 'group', nextActorId: 'soon', nextActorName: 'The team', nextReason: 'Waits.' }

/** A task whose run has stored one turn and asks a person. */
async function makeAskingTask() {
  const { requirementId, planId } = await makeRequirement('in_progress', 'accepted')
  const place = { organizationId: acme.organizationId, projectId: acme.projectId, requirementId }
  const task = await database().task.create({
    data: {
      ...place,
      planId,
      ref: 'T1',
      position: 0,
      title: 'Store',
      kind: 'implement',
      capability: 'code',
      instructions: '',
      acceptance: [],
      status: 'asking',
      attempt: 1,
      agentId,
      ...waiting,
    },
  })
  const run = await database().run.create({
    data: {
      ...place,
      taskId: task.id,
      agentId,
      purpose: 'implement',
      attempt: 1,
      providerMode: 'scripted',
      connector: 'compatible',
      model: 'm',
      prompt: {},
      status: 'asking',
      ...waiting,
    },
  })
  const decision = await raiseTestDecision(scope, acme.projectId, { requirementId, taskId: task.id, runId: run.id })
  await storeTurn(run.id, 1, decision.id)
  return { requirementId, taskId: task.id, runId: run.id, decisionId: decision.id }
}

async function storeTurn(runId: string, turn: number, decisionId?: string) {
  const ask = { position: 0, callId: 'c', name: 'ask_human', input: {}, state: 'asking', runId }
  await database().turn.create({
    data: {
      runId,
      number: turn,
      requestHash: randomUUID(),
      provider: 'compatible',
      model: 'm',
      stop: 'tool_use',
      content: {},
      text: '',
      inputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 0,
      startedAt: new Date(),
      ...(decisionId ? { toolCalls: { create: { ...ask, decisionId } } } : {}),
    },
  })
}

describe('an agent’s question', () => {
  test('a resumed run without a new turn is laid aside again, its worker fenced off; the next answer is the one it gets', async () => {
    const { requirementId, runId, taskId, decisionId } = await makeAskingTask()
    await answer(decisionId, 'memory')
    await advance(requirementId)
    const resumed = await database().run.findUniqueOrThrow({ where: { id: runId } })
    expect(resumed.status).toBe('queued')
    await undo(decisionId)
    const run = await database().run.findUniqueOrThrow({ where: { id: runId } })
    expect(run).toMatchObject({ status: 'asking', lease: resumed.lease + 1 })
    expect(await database().toolCall.findFirstOrThrow({ where: { runId } })).toMatchObject({
      state: 'asking',
      output: null,
    })
    expect((await database().task.findUniqueOrThrow({ where: { id: taskId } })).status).toBe('asking')
    expect(await decisionRow(decisionId)).toMatchObject({
      status: 'open',
      version: 2,
      answer: null,
      nextActor: 'group',
    })
    await advance(requirementId)
    expect((await database().run.findUniqueOrThrow({ where: { id: runId } })).status).toBe('asking')
    await answer(decisionId, 'file')
    await advance(requirementId)
    const call = await database().toolCall.findFirstOrThrow({ where: { runId } })
    expect(JSON.parse(call.output ?? '{}')).toMatchObject({ option: 'file' })
  })

  test('paused since it was answered, the run asks again, and the pause stays', async () => {
    const { requirementId, runId, taskId, decisionId } = await makeAskingTask()
    await answer(decisionId, 'memory')
    await advance(requirementId)
    await changePlan(scope, { requirementId, change: { kind: 'pause' } })
    await advance(requirementId)
    await undo(decisionId)
    const again = { status: 'asking', heldAt: null }
    expect(await database().run.findUniqueOrThrow({ where: { id: runId } })).toMatchObject(again)
    const task = await database().task.findUniqueOrThrow({ where: { id: taskId } })
    expect(task).toMatchObject({ status: 'asking', nextActor: 'group', nextActorId: decisionId })
    expect((await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })).pausedAt).not.toBeNull()
  })

  test('once the agent has gone on, the answer stays, and says why', async () => {
    const { requirementId, runId, decisionId } = await makeAskingTask()
    await answer(decisionId, 'memory')
    await advance(requirementId)
    await storeTurn(runId, 2)
    await expect(undo(decisionId)).rejects.toMatchObject({ code: 'too-late-to-undo', message: /gone on/ })
    expect(await decisionRow(decisionId)).toMatchObject({ status: 'answered', answer: 'memory' })
  })

  test('after ten seconds it is too late, and nobody undoes an open question or somebody else’s', async () => {
    const { decisionId } = await makeAskingTask()
    expect(await codeOf(undo(decisionId))).toBe('not-answered')
    await answer(decisionId, 'memory')
    const { viewer } = acme.people
    expect(await codeOf(undoAnswer(viewer.scope, { decisionId }))).toBe('not-asked')
    await passTime(decisionId, 10)
    expect(await codeOf(undo(decisionId))).toBe('too-late-to-undo')
  })

  test('ten undo at once: one does, and the question is open once', async () => {
    const { requirementId, decisionId } = await makeAskingTask()
    await answer(decisionId, 'memory')
    await advance(requirementId)
    const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(undo(decisionId))))
    expect(codes.filter((code) => code === 'done')).toHaveLength(1)
    expect(codes.filter((code) => code === 'not-answered')).toHaveLength(9)
    expect(await decisionRow(decisionId)).toMatchObject({ status: 'open', version: 2 })
  })
})

describe('what can’t be undone', () => {
  test('waits ten seconds, in which nothing moves and it can be taken back', async () => {
    const { requirementId, taskId, decisionId } = await makeAskingTask()
    await database().decision.update({ where: { id: decisionId }, data: { kind: 'task_failed' } })
    const options = [{ id: 'skip', label: 'Leave it out', consequence: '', reversible: false }]
    await database().decision.update({ where: { id: decisionId }, data: { options } })
    const taskStatus = async () => (await database().task.findUniqueOrThrow({ where: { id: taskId } })).status
    await answer(decisionId, 'skip')
    await advance(requirementId)
    expect(await taskStatus()).toBe('asking')
    expect(await database().task.findUniqueOrThrow({ where: { id: taskId } })).toMatchObject({ nextActor: 'timer' })
    await undo(decisionId)
    await passTime(decisionId, 60)
    await advance(requirementId)
    expect(await taskStatus()).toBe('asking')
    await answer(decisionId, 'skip')
    await passTime(decisionId, 11)
    await advance(requirementId)
    expect(await taskStatus()).toBe('failed')
    expect(await codeOf(undo(decisionId))).toBe('too-late-to-undo')
  })
})

describe('a plan', () => {
  // Tasks of the tests before hold the same files and their agents' slots.
  beforeEach(async () => {
    await database().run.updateMany({ data: { status: 'cancelled' } })
    await database().task.updateMany({ data: { status: 'cancelled' } })
  })
  const approvalOf = async (requirementId: string) =>
    database().decision.findFirstOrThrow({ where: { requirementId, kind: 'plan_approval' } })
  const statusOf = async (id: string) => (await database().requirement.findUniqueOrThrow({ where: { id } })).status

  test('approved, with nothing stored by its tasks, lies for review again and can be approved again', async () => {
    const { requirementId, planId } = await makeRequirement('plan_review', 'proposed')
    await advance(requirementId)
    const decision = await approvalOf(requirementId)
    await answer(decision.id, 'approve')
    await advance(requirementId)
    expect(await statusOf(requirementId)).toBe('in_progress')
    const [run] = await database().run.findMany({ where: { requirementId } })
    expect(run).toMatchObject({ purpose: 'implement', status: 'queued' })
    await undo(decision.id)
    expect(await statusOf(requirementId)).toBe('plan_review')
    expect(await database().task.count({ where: { planId } })).toBe(0)
    expect(await database().run.findMany({ where: { requirementId } })).toMatchObject([{ status: 'cancelled' }])
    await advance(requirementId)
    expect(await database().decision.count({ where: { requirementId } })).toBe(1)
    await answer(decision.id, 'approve')
    await advance(requirementId)
    expect(await database().task.findMany({ where: { planId } })).toMatchObject([{ ref: 'T1', status: 'running' }])
  })

  const second = { ...content.tasks[0], id: 'T2', title: 'Page', owns: ['page/**'], dependsOn: ['T1'] }

  test('that was changed since it was approved stays approved; the change undone, it can be taken back', async () => {
    const { requirementId, planId } = await makeRequirement('plan_review', 'proposed')
    await database().plan.update({
      where: { id: planId },
      data: { content: { ...content, tasks: [...content.tasks, second] } },
    })
    await advance(requirementId)
    const decision = await approvalOf(requirementId)
    await answer(decision.id, 'approve')
    await advance(requirementId)
    await changePlan(scope, { requirementId, change: { kind: 'revise', changes: [{ kind: 'skip', task: 'T2' }] } })
    const refused = await undo(decision.id).catch((error: Error) => error.message)
    expect(refused).toMatch(/changed since then: .*T2/)
    expect(await statusOf(requirementId)).toBe('in_progress')
    await undoChange(scope, { requirementId })
    await undo(decision.id)
    await answer(decision.id, 'approve')
    await advance(requirementId)
    expect(await database().task.count({ where: { requirementId } })).toBe(2)
    expect(await statusOf(requirementId)).toBe('in_progress')
  })

  test('that was paused since it was approved is taken back, and asks nobody twice when it is approved again', async () => {
    const { requirementId } = await makeRequirement('plan_review', 'proposed')
    await advance(requirementId)
    const decision = await approvalOf(requirementId)
    await answer(decision.id, 'approve')
    await advance(requirementId)
    await changePlan(scope, { requirementId, change: { kind: 'pause' } })
    await undo(decision.id)
    await answer(decision.id, 'approve')
    await changePlan(scope, { requirementId, change: { kind: 'resume' } })
    await advance(requirementId)
    expect(await statusOf(requirementId)).toBe('in_progress')
    expect(await database().decision.count({ where: { requirementId } })).toBe(1)
  })

  test('whose agent has stored a turn stays approved', async () => {
    const { requirementId } = await makeRequirement('plan_review', 'proposed')
    await advance(requirementId)
    const decision = await approvalOf(requirementId)
    await answer(decision.id, 'approve')
    await advance(requirementId)
    const run = await database().run.findFirstOrThrow({ where: { requirementId } })
    await storeTurn(run.id, 1)
    await expect(undo(decision.id)).rejects.toMatchObject({ code: 'too-late-to-undo' })
    expect(await statusOf(requirementId)).toBe('in_progress')
    expect(await database().task.count({ where: { requirementId } })).toBe(1)
  })

  test('to be stopped, its requirement says what is about to happen, and after a take-back whom it waits for', async () => {
    const { requirementId } = await makeRequirement('plan_review', 'proposed')
    await advance(requirementId)
    const decision = await approvalOf(requirementId)
    const next = async () => {
      await advance(requirementId)
      const row = await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })
      return [row.nextActor, row.nextReason]
    }
    await answer(decision.id, 'cancel')
    expect(await next()).toEqual(['timer', 'The answer "Stop" takes effect unless somebody takes it back.'])
    await undo(decision.id)
    expect(await next()).toEqual(['group', expect.stringMatching(/^Waits for the answer of the team/)])
  })

  test('sent back is there again while no new one is being written', async () => {
    const { requirementId, planId } = await makeRequirement('plan_review', 'proposed')
    await advance(requirementId)
    const decision = await approvalOf(requirementId)
    await answer(decision.id, 'revise')
    await advance(requirementId)
    expect(await statusOf(requirementId)).toBe('planning')
    await undo(decision.id)
    expect(await statusOf(requirementId)).toBe('plan_review')
    expect(await database().plan.findUniqueOrThrow({ where: { id: planId } })).toMatchObject({ status: 'proposed' })
    await advance(requirementId)
    expect(await database().run.count({ where: { requirementId, status: { not: 'cancelled' } } })).toBe(0)
  })
})

describe('time', () => {
  test('the default is taken at its deadline, marked so, and can be taken back; then its clock stands still', async () => {
    const { id } = await raiseTestDecision(scope, acme.projectId, { defaultOption: 'file', defaultAfterMs: 60_000 })
    await settleDecisions()
    expect((await decisionRow(id)).status).toBe('open')
    await passTime(id, 61)
    await settleDecisions()
    expect(await decisionRow(id)).toMatchObject({ status: 'answered', answer: 'file', answeredVia: 'default' })
    await undo(id)
    await settleDecisions()
    expect(await decisionRow(id)).toMatchObject({ status: 'open', heldBy: scope.actor.name })
  })

  test('a person and the timer at the same moment: one answer', async () => {
    const { id } = await raiseTestDecision(scope, acme.projectId, { defaultOption: 'file', defaultAfterMs: 1_000 })
    await passTime(id, 2)
    const [, outcome] = await Promise.all([settleDecisions(), codeOf(answer(id, 'memory'))])
    const row = await decisionRow(id)
    expect(row.answeredVia).toBe(outcome === 'done' ? 'page' : 'default')
    expect(await database().event.count({ where: { decisionId: id, type: 'decision.answered' } })).toBe(1)
  })

  test('what nothing waits for expires; a late answer is told so', async () => {
    const { id } = await raiseTestDecision(scope, acme.projectId, { kind: 'signal', expiresAfterMs: 60_000 })
    await passTime(id, 61)
    await settleDecisions()
    expect((await decisionRow(id)).status).toBe('expired')
    expect(await codeOf(answer(id, 'file'))).toBe('expired')
  })

  test('not while a task waits for it: then it is only brought up again', async () => {
    const { taskId } = await makeAskingTask()
    const { id } = await raiseTestDecision(scope, acme.projectId, { kind: 'signal', expiresAfterMs: 60_000 })
    await database().task.update({ where: { id: taskId }, data: { nextActorId: id } })
    await passTime(id, 61)
    await settleDecisions()
    expect(await decisionRow(id)).toMatchObject({ status: 'open', deadline: null })
  })

  test.each(['risky_call', 'agent_question'] as const)('a %s of a run that has ended is withdrawn', async (kind) => {
    const { taskId, requirementId, runId } = await makeAskingTask()
    const ids = { taskId, requirementId, runId }
    const { id } = await raiseTestDecision(scope, acme.projectId, { ...ids, kind })
    await settleDecisions()
    expect((await decisionRow(id)).status).toBe('open')
    await database().run.update({ where: { id: runId }, data: { status: 'cancelled' } })
    await settleDecisions()
    expect(await decisionRow(id)).toMatchObject({ status: 'withdrawn', comment: 'What it was about has ended.' })
  })

  test('cancelling a requirement withdraws its questions, and every withdrawal is told once', async () => {
    const { requirementId, decisionId } = await makeAskingTask()
    await cancelRequirement(scope, { requirementId })
    await Promise.all([settleDecisions(), settleDecisions()])
    await settleDecisions()
    expect((await decisionRow(decisionId)).status).toBe('withdrawn')
    expect(await codeOf(answer(decisionId, 'file'))).toBe('withdrawn')
    expect(await database().event.count({ where: { decisionId, type: 'decision.withdrawn' } })).toBe(1)
    expect(await database().decisionRecord.count({ where: { decisionId, kind: 'withdrawn' } })).toBe(1)
  })
})

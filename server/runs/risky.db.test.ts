import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAgent } from '#server/agents/commands'
import { answerDecision } from '#server/decisions/commands'
import { undoAnswer } from '#server/decisions/take-back'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { changeProject } from '#server/projects/commands'
import { advanceRequirement } from '#server/scheduler/handlers'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { askedFirst } from './risky'
import type { StoredCall } from './rules/transcript'

let acme: TestOrganization
let number = 0
beforeAll(async () => {
  acme = await makeOrganization()
})
afterAll(stopQueue)

/** A run at work whose turn asked for one command. */
async function makeRun(command: string) {
  const { organizationId, projectId } = acme
  number += 1
  const agent = await createAgent(acme.people.owner.scope, {
    name: `Agent ${number}`,
    role: 'custom',
    capabilities: ['code'],
    connector: 'compatible',
    provider: 'compatible',
    model: 'm',
  })
  const requirement = await database().requirement.create({
    data: { organizationId, projectId, number, title: 'Board', text: 'x', status: 'in_progress' },
  })
  const place = { organizationId, projectId, requirementId: requirement.id }
  const content = { summary: '', assumptions: [], questions: [], tasks: [] }
  const plan = await database().plan.create({
    data: { organizationId, requirementId: requirement.id, revision: 1, status: 'accepted', summary: '', content },
  })
  const task = await database().task.create({
    data: {
      ...place,
      planId: plan.id,
      ref: 'T1',
      position: 0,
      title: 'Store',
      kind: 'implement',
      capability: 'code',
      instructions: '',
      owns: ['src/**'],
      acceptance: [],
      status: 'running',
      attempt: 1,
      agentId: agent.id,
    },
  })
  const run = await database().run.create({
    data: {
      ...place,
      taskId: task.id,
      agentId: agent.id,
      purpose: 'implement',
      attempt: 1,
      providerMode: 'scripted',
      connector: 'compatible',
      model: 'm',
      prompt: {},
      status: 'running',
    },
  })
  const turn = await database().turn.create({
    data: {
      runId: run.id,
      number: 1,
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
    },
  })
  const input = { command, timeout_seconds: 60 }
  const call = await database().toolCall.create({
    data: { runId: run.id, turnId: turn.id, position: 0, callId: 'c', name: 'run_command', input: { value: input } },
  })
  const stored: StoredCall = { ...call, input, malformed: undefined }
  return { run, task, call: stored, scope: acme.people.owner.scope, requirementId: requirement.id }
}

/** What the worker does when a call has to wait. */
async function layAside(made: Awaited<ReturnType<typeof makeRun>>, decisionId: string) {
  await database().toolCall.update({ where: { id: made.call.id }, data: { state: 'asking', decisionId } })
  await database().run.update({ where: { id: made.run.id }, data: { status: 'asking' } })
  await advance(made)
}
const advance = (made: Awaited<ReturnType<typeof makeRun>>) =>
  advanceRequirement({ ...acme, requirementId: made.requirementId })
const callOf = (made: Awaited<ReturnType<typeof makeRun>>) =>
  database().toolCall.findUniqueOrThrow({ where: { id: made.call.id } })

test('a project that does not ask lets its agents work', async () => {
  const made = await makeRun('npm publish')
  expect(await askedFirst(made.scope, made.run, made.call)).toBeNull()
})

test('a risky command waits for a person, once; allowed it is made, and taken back it waits again', async () => {
  await changeProject(acme.people.owner.scope, { projectId: acme.projectId, riskyCalls: 'ask' })
  const harmless = await makeRun('node --test')
  expect(await askedFirst(harmless.scope, harmless.run, harmless.call)).toBeNull()
  const made = await makeRun('npm publish')
  const decisionId = (await askedFirst(made.scope, made.run, made.call)) as string
  expect(await askedFirst(made.scope, made.run, made.call)).toBe(decisionId)
  const decision = await database().decision.findUniqueOrThrow({ where: { id: decisionId } })
  expect(decision).toMatchObject({ kind: 'risky_call', defaultOption: 'refuse', features: { mark: 'deployment' } })
  await layAside(made, decisionId)
  await answerDecision(made.scope, { decisionId, option: 'allow', comment: '', via: 'page' })
  await advance(made)
  expect(await callOf(made)).toMatchObject({ state: 'pending', decisionId })
  await undoAnswer(made.scope, { decisionId })
  expect((await callOf(made)).state).toBe('asking')
  await answerDecision(made.scope, { decisionId, option: 'allow', comment: '', via: 'page' })
  await advance(made)
  expect(await askedFirst(made.scope, made.run, { ...made.call, decisionId })).toBeNull()
})

test('refused, the agent is told by whom and why, and goes on', async () => {
  const made = await makeRun('npm install left-pad')
  const decisionId = (await askedFirst(made.scope, made.run, made.call)) as string
  await layAside(made, decisionId)
  await answerDecision(made.scope, { decisionId, option: 'refuse', comment: 'Use what is there.', via: 'page' })
  await advance(made)
  const call = await callOf(made)
  expect(call).toMatchObject({ state: 'failed', isError: true })
  expect(call.output).toMatch(/A owner refused it\. Use what is there\./)
  expect((await database().run.findUniqueOrThrow({ where: { id: made.run.id } })).status).toBe('queued')
})

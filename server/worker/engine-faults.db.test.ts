import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scope } from '#server/auth/model'
import { answerDecision } from '#server/decisions/commands'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { until } from '#server/platform/queue/testing'
import { cancelRequirement, submitRequirement } from '#server/requirements/commands'
import { isClosed, type RequirementStatus } from '#server/requirements/model'
import { makeProject, startEngine, untilLetGo } from './testing'

let engine: Awaited<ReturnType<typeof startEngine>>
beforeAll(async () => {
  setEnvironmentVariable('PROVIDER_IDLE_SECONDS', '1')
  engine = await startEngine()
})
afterAll(() => engine?.stop())

const text = "# Slugs\n\n- `slugify('Hello World')` returns `'hello-world'`.\n"

async function faults(queue: object[]): Promise<void> {
  const response = await fetch(`${engine.scripted.url}/__control`, { method: 'POST', body: JSON.stringify({ queue }) })
  expect(response.status).toBe(200)
}

async function submit(): Promise<{ scope: Scope; id: string }> {
  const { scope, projectId } = await makeProject('automatic')
  const { id } = await submitRequirement(scope, { projectId, text, source: 'api' })
  return { scope, id }
}

async function ended(scope: Scope, id: string) {
  return until(async () => {
    for (const decision of await database().decision.findMany({ where: { requirementId: id, status: 'open' } })) {
      await answerDecision(scope, { decisionId: decision.id, option: decision.recommended as string, comment: '' })
    }
    const row = await database().requirement.findUniqueOrThrow({ where: { id } })
    return isClosed(row.status as RequirementStatus) ? row : null
  })
}

/** Everything people could have read in the live logs of a requirement. */
async function logOf(requirementId: string): Promise<string> {
  const lines = await database().runLog.findMany({ where: { run: { requirementId } }, orderBy: { at: 'asc' } })
  return lines.map((line) => line.text).join('')
}

test('one requirement meets every fault of a provider and a model, and still ends proven with each one told', async () => {
  await faults([
    { kind: 'status', status: 429, headers: { 'retry-after': '1' }, purpose: 'plan' },
    { kind: 'cyclic-plan', purpose: 'plan' },
    { kind: 'garbage', purpose: 'repair' },
    { kind: 'status', status: 529, purpose: 'implement' },
    { kind: 'cut', afterEvents: 4, how: 'rst', purpose: 'implement' },
    { kind: 'malformed-frame', afterEvents: 3, purpose: 'implement' },
    { kind: 'unknown-tool', purpose: 'implement' },
    { kind: 'invalid-tool-json', purpose: 'implement' },
    { kind: 'truncated-tool', purpose: 'implement' },
    { kind: 'escape-path', purpose: 'implement' },
    { kind: 'stall', afterEvents: 2, purpose: 'implement' },
    { kind: 'no-terminal', purpose: 'review' },
  ])
  const { scope, id } = await submit()
  const row = await ended(scope, id)
  expect({ status: row.status, reason: row.statusReason }).toMatchObject({ status: 'done' })

  const log = await logOf(id)
  for (const told of [/429/, /529|overloaded/i, /Trying again/, /not valid JSON/]) expect(log).toMatch(told)
  const refused = await database().toolCall.findMany({ where: { isError: true, turn: { run: { requirementId: id } } } })
  const outputs = refused.map((call) => `${JSON.stringify(call.input)} ${call.output}`).join('\n')
  expect(outputs).toMatch(/There is no tool/)
  expect(outputs).toMatch(/etc\/passwd/)
  const wrote = await database().toolCall.count({
    where: { name: 'write_file', isError: false, input: { path: ['value', 'path'], string_contains: 'etc/passwd' } },
  })
  expect(wrote).toBe(0)
  const planTurns = await database().turn.findMany({ where: { run: { requirementId: id, purpose: 'plan' } } })
  expect(planTurns.length).toBeGreaterThanOrEqual(2)
})

test('a key that is not accepted ends in a decision with the reason, and nothing is lost', async () => {
  await faults([{ kind: 'status', status: 401, purpose: 'plan', times: 50 }])
  const { scope, id } = await submit()
  const decision = await until(() => database().decision.findFirst({ where: { requirementId: id, status: 'open' } }))
  expect(decision).toMatchObject({ kind: 'plan_failed' })
  expect(decision.why).toMatch(/401|key/i)
  await faults([])
  await answerDecision(scope, { decisionId: decision.id, option: 'retry', comment: '' })
  expect((await ended(scope, id)).status).toBe('done')
})

test('cancelling stops a running call within seconds, and nothing goes on', async () => {
  await faults([{ kind: 'drip', delayMs: 500, purpose: 'implement' }])
  const { scope, id } = await submit()
  await until(() => database().run.findFirst({ where: { requirementId: id, purpose: 'implement', status: 'running' } }))
  await cancelRequirement(scope, { requirementId: id })
  const before = Date.now()
  await until(
    async () =>
      (await database().run.count({ where: { requirementId: id, status: { in: ['queued', 'running'] } } })) === 0,
  )
  expect(Date.now() - before).toBeLessThan(5_000)
  const turns = await database().turn.count({ where: { run: { requirementId: id } } })
  await untilLetGo(id)
  expect(await database().turn.count({ where: { run: { requirementId: id } } })).toBe(turns)
  expect((await database().requirement.findUniqueOrThrow({ where: { id } })).status).toBe('cancelled')
})

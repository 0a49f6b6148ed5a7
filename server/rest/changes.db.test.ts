/** Changing a live plan over REST: what people can do on the pages, programs can do here. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTasks } from '#server/planner/commands'
import type { PlanContent } from '#server/planner/model'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { stopQueue } from '#server/platform/queue/queue'
import { submitRequirement } from '#server/requirements/commands'
import { makeOrganization, type TestOrganization, tokenHeaders } from '#server/setup/testing'
import { app } from './app'

let acme: TestOrganization
let writing: Record<string, string>
let id: string
const taskIds = new Map<string, string>()

const task = (ref: string, dependsOn: string[] = []): PlanContent['tasks'][number] => ({
  id: ref,
  title: `Task ${ref}`,
  kind: 'implement',
  capability: 'code',
  instructions: `Do ${ref}.`,
  dependsOn,
  statements: [],
  owns: [`${ref}.js`],
  reads: [],
  acceptance: [{ id: 'A1', text: 'it works', command: 'true', proves: [] }],
  risk: 'low',
  rationale: '',
})

beforeAll(async () => {
  acme = await makeOrganization()
  writing = await tokenHeaders(acme.people.member, ['write'])
  const { organizationId, projectId } = acme
  const made = await submitRequirement(acme.people.owner.scope, { projectId, text: 'It adds.', source: 'api' })
  id = made.id
  const content = { summary: '', assumptions: [], questions: [], tasks: [task('T1'), task('T2', ['T1']), task('T3')] }
  await transaction(async (tx) => {
    const requirement = await tx.requirement.update({ where: { id }, data: { status: 'in_progress' } })
    const plan = await tx.plan.create({
      data: { organizationId, requirementId: id, revision: 1, status: 'accepted', summary: '', content },
    })
    await createTasks(tx, requirement, plan.id, content)
  })
  for (const row of await database().task.findMany({ where: { requirementId: id } })) taskIds.set(row.ref, row.id)
})
afterAll(stopQueue)

async function call(method: 'GET' | 'POST', path: string, body: object = {}) {
  const headers = { ...writing, 'content-type': 'application/json' }
  const sent = method === 'POST' ? { body: JSON.stringify(body) } : {}
  const response = await app.request(`/api${path}`, { method, headers, ...sent })
  // biome-ignore lint/suspicious/noExplicitAny: answers are checked by what the tests expect of them
  return { status: response.status, body: (await response.json()) as any }
}

test.each(['plan/revisions', 'plan/preview'])(
  'a body of another type is no way around the checks of POST %s',
  async (what) => {
    const headers = { ...writing, 'content-type': 'text/plain' }
    const response = await app.request(`/api/requirements/${id}/${what}`, { method: 'POST', headers, body: 'x' })
    expect(response.status).toBe(400)
    const nothing = await app.request(`/api/requirements/${id}/${what}`, { method: 'POST', headers: writing })
    expect(nothing.status).toBe(400)
  },
)

test('pause, resume and undo name the revision and the time that is left', async () => {
  const paused = await call('POST', `/requirements/${id}/pause`, { reason: 'lunch' })
  expect(paused).toMatchObject({ status: 200, body: { number: 1, revision: 2, finalAt: expect.any(String) } })
  expect((await call('POST', `/requirements/${id}/pause`)).body).toMatchObject({ number: null, revision: 2 })
  const undone = await call('POST', `/requirements/${id}/undo`, { number: 1 })
  expect(undone.body.summary).toMatch(/undid: .* paused R1\./)
  const late = await call('POST', `/requirements/${id}/undo`, { number: 1 })
  expect([late.status, late.body.error.code]).toEqual([409, 'plan-changed'])
})

test('the plan is read, previewed, changed with the revision it was read at, and its history told', async () => {
  const { body: plan } = await call('GET', `/requirements/${id}/plan`)
  expect(plan.tasks.map((one: { ref: string }) => one.ref)).toEqual(['T1', 'T2', 'T3'])
  const changes = [{ kind: 'remove', task: 'T3' }]
  const preview = await call('POST', `/requirements/${id}/plan/preview`, { change: { kind: 'revise', changes } })
  expect(preview.body).toMatchObject({ revision: plan.revision, effects: { ends: ['T3'] } })
  const input = { changes, expectedRevision: plan.revision, undoSeconds: 0 }
  const done = await call('POST', `/requirements/${id}/plan/revisions`, input)
  expect(done).toMatchObject({ status: 200, body: { revision: plan.revision + 1, finalAt: null } })
  const again = await call('POST', `/requirements/${id}/plan/revisions`, input)
  expect([again.status, again.body.error]).toMatchObject([
    409,
    { code: 'plan-changed', details: { revision: plan.revision + 1, kind: 'remove' } },
  ])
  const { body: history } = await call('GET', `/requirements/${id}/plan/revisions`)
  expect(history.changes[0]).toMatchObject({ kind: 'remove', state: 'final', diff: [{ ref: 'T3', what: 'removed' }] })
})

test('a task is paused, resumed, left out and refused by its id', async () => {
  const first = taskIds.get('T1') as string
  expect((await call('POST', `/tasks/${first}/pause`)).body.summary).toMatch(/paused T1\./)
  expect((await call('POST', `/tasks/${first}/resume`)).status).toBe(200)
  const retried = await call('POST', `/tasks/${first}/retry`)
  expect([retried.status, retried.body.error.code]).toEqual([409, 'task-not-started'])
  expect((await call('POST', `/tasks/${first}/skip`, { undoSeconds: 0, reason: 'Not needed.' })).status).toBe(200)
  expect(await database().task.findUniqueOrThrow({ where: { id: first } })).toMatchObject({
    status: 'cancelled',
    statusReason: expect.stringMatching(/^Left out by .*: Not needed\.$/),
  })
})

test('input that makes no sense is told so', async () => {
  const wrong = await call('POST', `/requirements/${id}/plan/revisions`, { changes: [{ kind: 'explode', task: 'T1' }] })
  expect(wrong.status).toBe(400)
  const cycle = [
    { kind: 'add', title: 'a', taskKind: 'test', capability: 'code', instructions: 'a', owns: ['a'], before: ['T2'] },
  ]
  expect((await call('POST', `/requirements/${id}/plan/revisions`, { changes: cycle })).status).toBe(400)
})

test('cancelling is final at once when nobody wants to undo it', async () => {
  const done = await call('POST', `/requirements/${id}/cancel`, { undoSeconds: 0, reason: 'Enough.' })
  expect(done.status).toBe(200)
  expect((await call('GET', `/requirements/${id}`)).body).toMatchObject({
    status: 'cancelled',
    statusReason: 'Enough.',
  })
  expect((await call('POST', `/requirements/${id}/cancel`)).body).toMatchObject({ number: null })
  const closed = await call('POST', `/requirements/${id}/pause`)
  expect([closed.status, closed.body.error.code]).toEqual([409, 'requirement-closed'])
})

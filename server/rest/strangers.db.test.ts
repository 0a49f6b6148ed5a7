/** Every route of the description × things of another organization: they answer exactly like things that do not exist. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { raiseDecision } from '#server/decisions/commands'
import { createTasks } from '#server/planner/commands'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { stopQueue } from '#server/platform/queue/queue'
import { submitRequirement } from '#server/requirements/commands'
import { makeOrganization, type TestOrganization, tokenHeaders } from '#server/setup/testing'
import { app } from './app'
import { openApiDocument } from './openapi'

interface Ids {
  projectId: string
  requirementId: string
  taskId: string
  decisionId: string
  agentId: string
}

let acme: TestOrganization
let theirs: Record<string, string>
let ids: Ids

beforeAll(async () => {
  acme = await makeOrganization()
  const other = await makeOrganization('Other')
  theirs = await tokenHeaders(other.people.owner, ['admin', 'write', 'decide'])
  ids = await makeThings(acme)
})
afterAll(stopQueue)

async function makeThings({ organizationId, projectId, people }: TestOrganization): Promise<Ids> {
  const { scope } = people.owner
  const { id: requirementId } = await submitRequirement(scope, { projectId, text: 'It adds.', source: 'api' })
  const task = {
    ...{ id: 'T1', title: 'A task', kind: 'implement' as const, capability: 'code' as const, instructions: 'Do it.' },
    ...{ dependsOn: [], statements: [], owns: ['a.js'], reads: [], risk: 'low' as const, rationale: '' },
    acceptance: [{ id: 'A1', text: 'it works', command: 'true', proves: [] }],
  }
  const content = { summary: '', assumptions: [], questions: [], tasks: [task] }
  await transaction(async (tx) => {
    const requirement = await tx.requirement.update({ where: { id: requirementId }, data: { status: 'in_progress' } })
    const plan = await tx.plan.create({
      data: { organizationId, requirementId, revision: 1, status: 'accepted', summary: '', content },
    })
    await createTasks(tx, requirement, plan.id, content)
  })
  const { id: taskId } = await database().task.findFirstOrThrow({ where: { requirementId } })
  const decision = await raiseDecision(scope, {
    ...{ projectId, requirementId, kind: 'agent_question', question: 'Which one?', why: '', dedupeKey: 'strangers' },
    options: [{ id: 'a', label: 'A', consequence: '', reversible: true }],
    ...{ recommended: 'a', recommendedWhy: '' },
  })
  return { projectId, requirementId, taskId, decisionId: decision.id, agentId: randomUUID() }
}

/** Bodies that are good, by the end of the path. */
function bodyFor(path: string, of: Ids): object {
  if (path.endsWith('/plan/revisions')) return { changes: [{ kind: 'pause-task', task: 'T1' }] }
  if (path.endsWith('/plan/preview')) return { change: { kind: 'pause' } }
  if (path.includes('/budgets/')) return { tokens: 1 }
  if (path.endsWith('/decisions')) return { decisionId: of.decisionId, option: 'a' }
  if (path.endsWith('/requirements')) return { text: 'It subtracts.', projectId: of.projectId }
  return {}
}

function addressesOf(path: string, of: Ids): string[] {
  if (path.includes('{level}')) {
    const owners = { project: of.projectId, requirement: of.requirementId, task: of.taskId }
    return Object.entries(owners).map(([level, id]) => path.replace('{level}', level).replace('{id}', id))
  }
  const named = path.replace('{id}', path.includes('/tasks/') ? of.taskId : of.requirementId)
  const query = new URLSearchParams({ projectId: of.projectId, requirementId: of.requirementId })
  return [path.includes('{id}') ? named : `${named}?${query}`]
}

const routes = Object.entries(openApiDocument(app).paths ?? {}).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
)
/** A stream that begins now, and an address that proves itself by a secret. */
const apart = ['/api/events', '/api/inbound/{source}/{key}']

test.each(routes.filter(([, path]) => !apart.includes(path)))('%s %s', async (method, path) => {
  const nowhere = Object.fromEntries(Object.keys(ids).map((name) => [name, randomUUID()])) as unknown as Ids
  const ask = async (of: Ids) => {
    const answers = []
    for (const address of addressesOf(path, of)) {
      const body = method === 'GET' ? undefined : JSON.stringify(bodyFor(path, of))
      const headers = { ...theirs, 'content-type': 'application/json' }
      const response = await app.request(address, { method, headers, body })
      answers.push([response.status, await response.text()])
    }
    return answers
  }
  const before = await database().event.count({ where: { organizationId: acme.organizationId } })
  const foreign = await ask(ids)
  expect(foreign).toEqual(await ask(nowhere))
  for (const id of [acme.organizationId, ...Object.values(ids)]) expect(JSON.stringify(foreign)).not.toContain(id)
  if (path.includes('{id}') || method !== 'GET') expect(foreign.map(([status]) => status)).not.toContain(200)
  expect(await database().event.count({ where: { organizationId: acme.organizationId } })).toBe(before)
})

test('the same requests are good: their owner is answered', async () => {
  const own = await tokenHeaders(acme.people.owner, ['admin', 'write', 'decide'])
  for (const [method, path] of routes.filter(([verb, path]) => verb === 'GET' && !apart.includes(path))) {
    for (const address of addressesOf(path, ids)) {
      expect([address, (await app.request(address, { method, headers: own })).status]).toEqual([address, 200])
    }
  }
})

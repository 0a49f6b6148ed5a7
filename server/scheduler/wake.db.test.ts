/** Limits that are raised, agents and keys that are added: what waits for them goes on at once. */
import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { changeAgent } from '#server/agents/commands'
import { gateKey } from '#server/agents/gate'
import { providerStates, setOrganizationLimit, setProviderLimit } from '#server/agents/limits'
import type { Scope } from '#server/auth/model'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { jobRows } from '#server/platform/queue/testing'
import { changeProject } from '#server/projects/commands'
import { claimRun, holdBack } from '#server/runs/states'
import { addCredential, revokeCredential } from '#server/secrets/commands'
import { wakeWaiting } from './handlers'
import { activeRuns, look, makeRequirement, makeSetting, tasksOf } from './testing/setting'

setEnvironmentVariable('ORCHESTRATOR_KEY', randomBytes(32).toString('base64'))
afterAll(stopQueue)

const jobsNamed = async (organizationId: string, name: string) =>
  (await jobRows(organizationId)).filter(({ state, data }) => state === 'created' && data.name === name)

test('a raised limit starts what waits for a slot', async () => {
  const setting = await makeSetting(1)
  const { scope } = setting
  const ids = [await makeRequirement(setting, [{ id: 'T1' }]), await makeRequirement(setting, [{ id: 'T1' }])]
  for (const id of ids) await look(scope, id)
  const waiting = ids[1] as string
  expect((await tasksOf(waiting)).T1?.nextReason).toMatch(/^Waits for a slot of Implementer/)
  await changeAgent(scope, { agentId: setting.agents.coder, maxConcurrent: 2 })
  expect(await jobsNamed(scope.organizationId, 'wake-waiting')).not.toEqual([])
  await database().$executeRaw`delete from pgboss.job where group_id = ${scope.organizationId}`
  await wakeWaiting({ organizationId: scope.organizationId })
  const woken = await jobsNamed(scope.organizationId, 'advance-requirement')
  expect(woken.map(({ data }) => (data as { requirementId?: string }).requirementId)).toEqual([waiting])
  await look(scope, waiting)
  expect(await activeRuns(waiting)).toHaveLength(1)
})

test('a run that its provider held back is taken at once when the limit or the key is another one', async () => {
  const setting = await makeSetting()
  const { scope } = setting
  const id = await makeRequirement(setting, [{ id: 'T1' }])
  await look(scope, id)
  const [run] = await activeRuns(id)
  const claim = await claimRun(scope, run?.id as string, 'worker')
  if (!claim) throw new Error('not claimed')
  const until = new Date(Date.now() + 15 * 60_000)
  await holdBack(scope, claim.lease, claim.run, { until, reason: 'Waits for openai.' })
  expect(await claimRun(scope, claim.run.id, 'other')).toBeNull()
  await setProviderLimit(scope, {
    provider: 'openai',
    maxConcurrent: null,
    requestsPerMinute: 1_000,
    tokensPerMinute: null,
  })
  expect(await jobsNamed(scope.organizationId, 'wake-waiting')).not.toEqual([])
  await database().$executeRaw`delete from pgboss.job where group_id = ${scope.organizationId}`
  await wakeWaiting({ organizationId: scope.organizationId })
  expect(await jobsNamed(scope.organizationId, 'execute-run')).toHaveLength(1)
  expect((await claimRun(scope, claim.run.id, 'other'))?.run.heldSince).not.toBeNull()
})

describe('a key whose breaker is open', () => {
  async function heldByItsKey() {
    const setting = await makeSetting()
    const { scope, projectId } = setting
    const { organizationId } = scope
    await database().project.update({ where: { id: projectId }, data: { providerMode: 'live' } })
    const { id: credentialId } = await addKey(scope, 'old')
    const old = gateKey(organizationId, 'openai', keyNamed('old'))
    const openUntil = new Date(Date.now() + 5 * 60_000)
    await database().providerGate.create({ data: { ...old, state: 'open', openUntil, failures: 9 } })
    const id = await makeRequirement(setting, [{ id: 'T1' }])
    await look(scope, id)
    expect((await tasksOf(id)).T1).toMatchObject({
      nextActor: 'timer',
      nextReason: expect.stringMatching(/^Waits for openai until/),
    })
    await database().$executeRaw`delete from pgboss.job where group_id = ${organizationId}`
    return { setting, scope, organizationId, id, credentialId, old }
  }
  const keyNamed = (name: string) => `sk-test-${name}-0123456789abcdef`
  const addKey = (scope: Scope, name: string) =>
    addCredential(scope, { provider: 'openai', name, value: keyNamed(name), baseUrl: null })
  async function goesOn({ scope, organizationId, id }: Awaited<ReturnType<typeof heldByItsKey>>) {
    expect(await jobsNamed(organizationId, 'wake-waiting')).toHaveLength(1)
    await wakeWaiting({ organizationId })
    const woken = await jobsNamed(organizationId, 'advance-requirement')
    expect(woken.map(({ data }) => (data as { requirementId?: string }).requirementId)).toEqual([id])
    await look(scope, id)
    expect(await activeRuns(id)).toHaveLength(1)
  }

  test('holds up nobody once there is a new one, late reports of the old one or not', async () => {
    const held = await heldByItsKey()
    await addKey(held.scope, 'new')
    await goesOn(held)
    expect((await providerStates(held.scope)).flatMap(({ paused }) => paused)).toEqual([])
    await database().providerGate.create({
      data: { ...held.old, state: 'open', openUntil: new Date(Date.now() + 60_000) },
    })
    const next = await makeRequirement(held.setting, [{ id: 'T1' }])
    await look(held.scope, next)
    expect(await activeRuns(next)).toHaveLength(1)
  })

  test('nor once it is revoked and the one before it is used again', async () => {
    const held = await heldByItsKey()
    await database().credential.updateMany({
      where: { organizationId: held.organizationId },
      data: { createdAt: new Date() },
    })
    const before = await addKey(held.scope, 'before')
    await database().credential.update({ where: { id: before.id }, data: { createdAt: new Date(0), lastUsedAt: null } })
    await database().$executeRaw`delete from pgboss.job where group_id = ${held.organizationId}`
    await wakeWaiting({ organizationId: held.organizationId })
    expect(await database().providerGate.findMany({ where: { organizationId: held.organizationId } })).toMatchObject([
      { state: 'open', keyHash: held.old.keyHash },
    ])
    await revokeCredential(held.scope, held.credentialId)
    await goesOn(held)
    expect((await database().credential.findUniqueOrThrow({ where: { id: before.id } })).lastUsedAt).toBeNull()
  })
})

test('limits of a project and of the organization hold back what comes later, and let it go when they are raised', async () => {
  const setting = await makeSetting(4)
  const { scope, projectId } = setting
  const limits = [
    (most: number | null) => changeProject(scope, { projectId, maxConcurrentRuns: most }),
    (most: number | null) => setOrganizationLimit(scope, { maxConcurrentRuns: most }),
  ]
  const runs = async (ids: string[]) => (await Promise.all(ids.map(activeRuns))).flat().length
  const ids: string[] = []
  for (const limit of limits) {
    await limit(ids.length + 1)
    const added = [await makeRequirement(setting, [{ id: 'T1' }]), await makeRequirement(setting, [{ id: 'T1' }])]
    for (const id of added) await look(scope, id)
    ids.push(...added)
    expect(await runs(ids)).toBe(ids.length - 1)
    expect((await tasksOf(added[1] as string)).T1?.nextReason).toMatch(/^Waits for a slot/)
    await database().$executeRaw`delete from pgboss.job where group_id = ${scope.organizationId}`
    await limit(null)
    expect(await jobsNamed(scope.organizationId, 'wake-waiting')).toHaveLength(1)
    await wakeWaiting({ organizationId: scope.organizationId })
    for (const id of ids) await look(scope, id)
    expect(await runs(ids)).toBe(ids.length)
  }
  await expect(setOrganizationLimit(scope, { maxConcurrentRuns: 0 })).rejects.toThrow()
})

import fc from 'fast-check'
import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { databaseEnvironment } from '#server/platform/env/database'
import { stopQueue } from '#server/platform/queue/queue'
import { changeBudget, removeModelPrice, setModelPrice } from './commands'
import { currentPrice } from './price'
import { reserve, settle, settleAbandoned, settleLost } from './reservations'
import { makeScene } from './testing'

afterAll(stopQueue)

const worst = (microUsd: number | null, tokens = 100, ms = 1_000) => ({ microUsd, tokens, ms, priceId: null })
const used = (microUsd: number | null, tokens: number, ms = 10) => ({ microUsd, tokens, ms, estimated: false })
const key = (runId: string, turn = 1, tryNumber = 1, lease = 1) => ({ runId, lease, turn, tryNumber })

function budgetOf(level: string, ownerId: string) {
  return database().budget.findUniqueOrThrow({ where: { level_ownerId: { level, ownerId } } })
}

describe('reserving', () => {
  test('is written once, for runs and signals alike', async () => {
    const rows = await database().$queryRaw<{ name: string }[]>`
      select proname as name from pg_proc where prosrc like '%update "Budget"%' order by 1`
    expect(rows.map(({ name }) => name)).toEqual(['reserve_levels', 'settle_budget'])
  })

  test('counts at every level, also without a limit, and gives back what was not used', async () => {
    const scene = await makeScene(1)
    const [run = ''] = scene.runs
    expect(await reserve(key(run), worst(500, 200), false)).toEqual({ kind: 'reserved' })
    const owners = {
      task: scene.taskId,
      requirement: scene.requirementId,
      project: scene.projectId,
      organization: scene.organizationId,
    }
    for (const [level, owner] of Object.entries(owners)) {
      const row = await budgetOf(level, owner)
      expect([row.reservedMicroUsd, row.reservedTokens, row.reservedMs, row.spentTokens], level).toEqual([
        500n,
        200n,
        1_000n,
        0n,
      ])
    }
    await settle(key(run), used(120, 80))
    await settle(key(run), used(120, 80))
    for (const [level, owner] of Object.entries(owners)) {
      const row = await budgetOf(level, owner)
      expect([row.reservedMicroUsd, row.reservedTokens, row.reservedMs], level).toEqual([0n, 0n, 0n])
      expect([row.spentMicroUsd, row.spentTokens, row.spentMs], level).toEqual([120n, 80n, 10n])
    }
  })

  test.each([
    ['money', { microUsd: 499 }],
    ['tokens', { tokens: 199 }],
    ['time', { ms: 999 }],
  ] as const)('refuses what would pass a limit in %s, and leaves nothing behind', async (reason, limit) => {
    const scene = await makeScene(1)
    const [run = ''] = scene.runs
    await changeBudget(scene.people.admin.scope, { level: 'project', ownerId: scene.projectId, ...limit })
    const outcome = await reserve(key(run), worst(500, 200), false)
    expect(outcome).toMatchObject({ kind: 'wall', reason })
    for (const row of await database().budget.findMany({ where: { organizationId: scene.organizationId } })) {
      expect([row.reservedMicroUsd, row.reservedTokens, row.reservedMs]).toEqual([0n, 0n, 0n])
    }
    expect(await database().reservation.count({ where: { runId: run } })).toBe(0)
  })

  test('without a price money is a wall, and only where money is limited; scripted work has no money', async () => {
    const scene = await makeScene(1)
    const [run = ''] = scene.runs
    expect(await reserve(key(run, 1), worst(null), false)).toEqual({ kind: 'reserved' })
    await changeBudget(scene.people.admin.scope, { level: 'task', ownerId: scene.taskId, microUsd: 1_000_000 })
    expect(await reserve(key(run, 2), worst(null), false)).toMatchObject({ kind: 'wall', reason: 'unpriced' })
    expect(await reserve(key(run, 3), worst(null), true)).toEqual({ kind: 'reserved' })
    await changeBudget(scene.people.admin.scope, { level: 'task', ownerId: scene.taskId, tokens: 150 })
    expect(await reserve(key(run, 4), worst(null), true)).toMatchObject({ kind: 'wall', reason: 'tokens' })
  })

  test('is fenced: not for an older lease, not for a run that ended or is paused', async () => {
    const scene = await makeScene(3)
    const [frozen = '', cancelled = '', paused = ''] = scene.runs
    await database().run.update({ where: { id: frozen }, data: { lease: 2 } })
    await database().run.update({ where: { id: cancelled }, data: { status: 'cancelled' } })
    await database().run.update({ where: { id: paused }, data: { status: 'paused' } })
    for (const run of scene.runs) expect(await reserve(key(run), worst(1), false)).toEqual({ kind: 'fenced' })
  })

  test('what a dead worker reserved is counted in full when another one takes over, and also when nobody does', async () => {
    const scene = await makeScene(2)
    const [taken = '', abandoned = ''] = scene.runs
    await reserve(key(taken), worst(300), false)
    await reserve(key(abandoned), worst(200), false)
    await database().run.update({ where: { id: taken }, data: { lease: 2 } })
    await database().$transaction((tx) => settleLost(tx, taken, 2))
    // The frozen worker comes back and tells what it used: too late, and counted once.
    await settle(key(taken), used(1, 1))
    await database().run.update({ where: { id: abandoned }, data: { status: 'cancelled', lease: 2 } })
    expect(await settleAbandoned(60_000)).toBe(0)
    expect(await settleAbandoned(0)).toBe(1)
    const row = await budgetOf('organization', scene.organizationId)
    expect([row.reservedMicroUsd, row.spentMicroUsd]).toEqual([0n, 500n])
    const lost = await database().reservation.findMany({ where: { organizationId: scene.organizationId } })
    expect(lost.map((item) => [item.status, item.estimated])).toEqual([
      ['settled', true],
      ['settled', true],
    ])
  })
})

test('a call of a run that was cancelled just now is left to its worker, however long ago it began', async () => {
  const scene = await makeScene(1)
  const [run = ''] = scene.runs
  await reserve(key(run), worst(500), false)
  const { requirementId } = scene
  await database().$executeRaw`
    update "Reservation" set "createdAt" = now() - interval '10 minutes' where "requirementId" = ${requirementId}::uuid`
  await database().run.update({ where: { id: run }, data: { status: 'cancelled', lease: 2 } })
  await settleAbandoned(30_000)
  await settle(key(run), used(7, 1))
  const row = await budgetOf('organization', scene.organizationId)
  expect([row.reservedMicroUsd, row.spentMicroUsd]).toEqual([0n, 7n])
})

test('200 runs against one budget at once, some workers killed in the middle: never over, never negative, nothing leaks', async () => {
  const scene = await makeScene(200)
  const limit = 40_000n
  await changeBudget(scene.people.admin.scope, {
    level: 'requirement',
    ownerId: scene.requirementId,
    microUsd: Number(limit),
    tokens: 90_000,
  })
  const seen = { looks: 0, over: 0 }
  const watcher = new pg.Client({ connectionString: databaseEnvironment().DATABASE_URL })
  await watcher.connect()
  let watching = true
  const watch = (async () => {
    while (watching) {
      const { rows } = await watcher.query(
        'select "spentMicroUsd" + "reservedMicroUsd" as money, "spentTokens" + "reservedTokens" as tokens from "Budget" where "ownerId" = $1',
        [scene.requirementId],
      )
      seen.looks += 1
      if (BigInt(rows[0].money) > limit || BigInt(rows[0].tokens) > 90_000n) seen.over += 1
    }
  })()
  const [calls = []] = fc.sample(
    fc.array(
      fc.record({
        worst: fc.integer({ min: 1, max: 400 }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        dies: fc.boolean(),
      }),
      {
        minLength: 600,
        maxLength: 600,
      },
    ),
    { numRuns: 1, seed: 4711 },
  )
  const outcomes = { reserved: 0, walls: 0 }
  await Promise.all(
    scene.runs.map(async (run, index) => {
      for (let turn = 1; turn <= 3; turn += 1) {
        const call = calls[index * 3 + turn - 1]
        if (!call) throw new Error('no call')
        const outcome = await reserve(key(run, turn), worst(call.worst, call.worst * 2), false)
        if (outcome.kind === 'wall') outcomes.walls += 1
        if (outcome.kind !== 'reserved') return
        outcomes.reserved += 1
        if (call.dies && turn === 3) return
        const micro = Math.floor(call.worst * call.share)
        await settle(key(run, turn), used(micro, micro * 2, 5))
      }
    }),
  )
  watching = false
  await watch
  await watcher.end()
  await database().run.updateMany({ where: { requirementId: scene.requirementId }, data: { status: 'failed' } })
  const abandoned = await settleAbandoned(0)
  const row = await budgetOf('requirement', scene.requirementId)
  const all = await database().reservation.aggregate({
    where: { requirementId: scene.requirementId },
    _sum: { usedMicroUsd: true, usedTokens: true, usedMs: true },
  })
  expect(seen.over).toBe(0)
  expect(seen.looks).toBeGreaterThan(20)
  expect(outcomes.walls).toBeGreaterThan(0)
  expect(abandoned).toBeGreaterThan(0)
  expect([row.reservedMicroUsd, row.reservedTokens, row.reservedMs]).toEqual([0n, 0n, 0n])
  expect(row.spentMicroUsd).toBe(all._sum.usedMicroUsd)
  expect(row.spentTokens).toBe(all._sum.usedTokens)
  expect(row.spentMicroUsd).toBeLessThanOrEqual(limit)
})

test('a price of one’s own goes before the list, and back', async () => {
  const { organizationId, people } = await makeScene(0)
  const at = new Date('2026-11-25T10:00:00Z')
  const listed = await currentPrice(organizationId, 'claude-opus-5-5', at)
  expect(await currentPrice(organizationId, 'local-model', at)).toBeNull()
  await setModelPrice(people.admin.scope, { model: 'claude-opus-5-5', input: 1, output: 2 })
  await setModelPrice(people.admin.scope, { model: 'local-model', input: 0, output: 0 })
  expect((await currentPrice(organizationId, 'claude-opus-5-5', at))?.rates).toMatchObject({ in: 1, out: 2 })
  expect((await currentPrice(organizationId, 'local-model', at))?.rates).toMatchObject({ in: 0, out: 0 })
  await removeModelPrice(people.admin.scope, 'claude-opus-5-5')
  expect(await currentPrice(organizationId, 'claude-opus-5-5', at)).toEqual(listed)
  await removeModelPrice(people.admin.scope, 'claude-opus-5-5')
  await expect(setModelPrice(people.admin.scope, { model: 'scripted-x', input: 1, output: 1 })).rejects.toMatchObject({
    code: 'scripted-price',
  })
})

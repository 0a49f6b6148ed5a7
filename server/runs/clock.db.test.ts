import { readdir, readFile } from 'node:fs/promises'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { changeBudget } from '#server/budgets/commands'
import { makeScene } from '#server/budgets/testing'
import { database } from '#server/platform/database/client'
import { databaseNow } from '#server/platform/database/clock'
import { transaction } from '#server/platform/database/transaction'
import { stopQueue } from '#server/platform/queue/queue'
import { startRun } from './commands'
import { storeTurn } from './journal'
import { claimRun, failRun, holdBack, layAsideAtWall } from './states'

afterEach(() => void vi.useRealTimers())
afterAll(stopQueue)

const HOUR = 3600_000
const turn = {
  ...{ connector: 'openai', model: 'm', requestId: null, responseId: null, stop: 'end', content: [], text: '' },
  ...{ calls: [], scripted: true, usage: { input: 1, cacheRead: 0, cacheWrite: 0, output: 1, estimated: false } },
} as unknown as Parameters<typeof storeTurn>[1]
const facts = { number: 1, requestHash: 'h', tookMs: 40_000, tries: 1, costMicroUsd: null, priceId: null }

test.each([
  ['ahead', HOUR],
  ['behind', -HOUR],
])('what a worker writes whose clock is an hour %s has the times of the database', async (_what, offset) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offset })
  const scene = await makeScene(1, { providerMode: 'scripted', status: 'queued' })
  const scope = systemScope(scene.organizationId)
  await database().run.updateMany({ where: { id: { in: scene.runs } }, data: { startedAt: null } })
  const claim = await claimRun(scope, scene.runs[0] as string, 'worker')
  if (!claim) throw new Error('not claimed')
  await storeTurn(claim.lease, turn, facts)
  await failRun(scope, claim.lease, claim.run, { code: 'loop', message: 'Enough.' })
  const now = (await databaseNow(database())).getTime()
  const near = (at: Date | null | undefined, ms = 0) => {
    expect(Math.abs((at?.getTime() ?? 0) + ms - now)).toBeLessThan(20_000)
  }
  const run = await database().run.findUniqueOrThrow({ where: { id: claim.run.id }, include: { turns: true } })
  near(run.createdAt)
  near(run.startedAt)
  near(run.endedAt)
  near(run.nextSince)
  near(run.turns[0]?.endedAt)
  near(run.turns[0]?.startedAt, facts.tookMs)
  const requirement = { id: scene.requirementId }
  await database().requirement.update({ where: requirement, data: { status: 'done' } })
  const closed = await database().requirement.findUniqueOrThrow({ where: requirement })
  near(closed.createdAt)
  near(closed.closedAt)
})

test('a row that was written after another one is younger, however long its transaction had waited', async () => {
  const scene = await makeScene(0)
  const written = (title: string, number: number) => ({
    ...{ organizationId: scene.organizationId, projectId: scene.projectId, number, title, text: '' },
  })
  let go = () => {}
  const other = new Promise<void>((resolve) => {
    go = resolve
  })
  const late = transaction(async (tx) => {
    await tx.$queryRaw`select 1`
    await other
    await tx.requirement.create({ data: written('second', 902) })
  })
  await database().requirement.create({ data: written('first', 901) })
  go()
  await late
  const rows = await database().requirement.findMany({
    where: { number: { in: [901, 902] } },
    orderBy: { createdAt: 'asc' },
  })
  expect(rows.map(({ title }) => title)).toEqual(['first', 'second'])
})

test.each([
  ['ahead', HOUR],
  ['behind', -HOUR],
])(
  'what waits for people, a budget or a provider waits as long for a worker whose clock is an hour %s',
  async (_what, offset) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offset })
    const scene = await makeScene(2, { status: 'queued' })
    const scope = systemScope(scene.organizationId)
    const near = async (at: Date, ms: number) =>
      expect(Math.abs(at.getTime() - (await databaseNow(database())).getTime() - ms)).toBeLessThan(20_000)
    const reload = (id: string) => database().run.findUniqueOrThrow({ where: { id } })

    const [held = '', walled = ''] = scene.runs
    const claim = await claimed(scope, held)
    const until = new Date((await databaseNow(database())).getTime() + 60_000)
    await holdBack(scope, claim.lease, claim.run, { until, reason: 'Waits for anthropic.' })
    await near((await reload(held)).notBefore as Date, 60_000)

    await changeBudget(scene.people.admin.scope, { level: 'project', ownerId: scene.projectId, microUsd: 1 })
    const budget = await database().budget.findFirstOrThrow({ where: { ownerId: scene.projectId } })
    const other = await claimed(scope, walled)
    const needed = { microUsd: 10, tokens: 1, ms: 1, inputTokens: 1, outputTokens: 1 }
    const agent = { id: scene.agentId, name: 'Implementer' }
    const refused = {
      agent,
      model: other.run.model,
      budgetId: budget.id,
      reason: 'money',
      needed,
      scripted: false,
    } as const
    await layAsideAtWall(scope, other.lease, other.run, refused)
    await near((await reload(walled)).nextDeadline, 24 * HOUR)

    const { id } = await transaction((tx) =>
      startRun(tx, scope, {
        requirement: { id: scene.requirementId, projectId: scene.projectId, organizationId: scene.organizationId },
        taskId: scene.taskId,
        agentId: scene.agentId,
        purpose: 'implement',
        attempt: 2,
        prompt: { system: '', user: 'x', facts: {} },
      }),
    )
    await near((await reload(id)).nextDeadline, 2 * 60_000)
  },
)

async function claimed(scope: ReturnType<typeof systemScope>, runId: string) {
  const claim = await claimRun(scope, runId, 'worker')
  if (!claim) throw new Error('not claimed')
  return claim
}

/** Rooms whose rows several machines write: what they compare and write comes from one clock. */
const engine = ['budgets', 'decisions', 'merges', 'planner', 'proofs', 'requirements', 'runs', 'scheduler', 'tasks']
/** How long a call took, and which list price counts today. */
const ownClock = ['runs/execute.ts', 'budgets/queries.ts']

test('no room of the engine reads the clock of its own machine', async () => {
  const files = await Promise.all(
    engine.map(async (room) =>
      (await readdir(`server/${room}`, { recursive: true }))
        .filter((name) => name.endsWith('.ts') && !name.includes('test'))
        .map((name) => `${room}/${name}`),
    ),
  )
  const reading = files.flat().filter((file) => !ownClock.includes(file))
  const texts = await Promise.all(
    reading.map(async (file) => [file, await readFile(`server/${file}`, 'utf8')] as const),
  )
  expect(texts.filter(([, text]) => /Date\.now\(\)|new Date\(\)/.test(text)).map(([file]) => file)).toEqual([])
})

test('no column leaves its time to the client', async () => {
  const models = (await readdir('prisma/models')).map((name) => `prisma/models/${name}`)
  const texts = await Promise.all(models.map(async (file) => [file, await readFile(file, 'utf8')] as const))
  expect(texts.filter(([, text]) => /default\(now\(\)\)|@updatedAt/.test(text)).map(([file]) => file)).toEqual([])
})

import { afterAll, describe, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { changeBudget, setModelPrice } from '#server/budgets/commands'
import { reserve, settle } from '#server/budgets/reservations'
import { type BudgetScene, makeScene } from '#server/budgets/testing'
import { settleDecisions } from '#server/decisions/handlers'
import { delegateDecision } from '#server/decisions/handling'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { stopQueue } from '#server/platform/queue/queue'
import { advance } from '#server/scheduler/advance'
import { settleBudgetWalls } from './handlers'
import { claimRun, layAsideAtWall } from './states'

afterAll(stopQueue)

const needed = { microUsd: 600_000, tokens: 20_000, ms: 60_000, inputTokens: 4_000, outputTokens: 16_000 }

/** A run that is claimed, refused by the budget of `level`, and laid aside. */
async function atWall(scene: BudgetScene, runId: string, reason: 'money' | 'unpriced' = 'money', level = 'project') {
  const scope = systemScope(scene.organizationId)
  const claim = await claimRun(scope, runId, 'worker')
  if (!claim) throw new Error('not claimed')
  const budget = await database().budget.findFirstOrThrow({ where: { organizationId: scene.organizationId, level } })
  return layAsideAtWall(scope, claim.lease, claim.run, {
    agent: { id: scene.agentId, name: 'Implementer' },
    model: claim.run.model,
    budgetId: budget.id,
    reason,
    needed,
    scripted: false,
  })
}

async function scene(limit = 500_000, level: 'project' | 'task' | 'requirement' = 'project'): Promise<BudgetScene> {
  const made = await makeScene(3, { status: 'queued' })
  const ownerId = { project: made.projectId, task: made.taskId, requirement: made.requirementId }[level]
  await changeBudget(made.people.admin.scope, { level, ownerId, microUsd: limit })
  return made
}

const statuses = async ({ runs }: BudgetScene) =>
  (await database().run.findMany({ where: { id: { in: runs } }, orderBy: { id: 'asc' } })).map((run) => run.status)
const decisionsOf = ({ organizationId }: BudgetScene) =>
  database().decision.findMany({ where: { organizationId, kind: 'budget_wall' }, orderBy: { createdAt: 'asc' } })
const forgetJobs = () => database().$executeRaw`delete from pgboss.job`
const waking = async ({ requirementId }: BudgetScene) => {
  const rows = await database().$queryRaw<{ n: bigint }[]>`
    select count(*) as n from pgboss.job
    where data ->> 'name' = 'advance-requirement' and data ->> 'requirementId' = ${requirementId}`
  return Number(rows[0]?.n)
}
const work = ({ organizationId }: BudgetScene) => settleBudgetWalls({ organizationId })

/** An answer that has taken effect. */
async function answer(made: BudgetScene, option: string): Promise<void> {
  await database().decision.updateMany({
    where: { organizationId: made.organizationId, status: 'open' },
    data: { status: 'answered', answer: option, answeredBy: 'An owner', answeredAt: new Date(), effectiveAt: null },
  })
}

describe('at the wall', () => {
  test('runs wait without a job and without failing, behind one question with its numbers', async () => {
    const made = await scene()
    for (const run of made.runs) await atWall(made, run)
    expect(await statuses(made)).toEqual(['asking', 'asking', 'asking'])
    const [decision, ...more] = await decisionsOf(made)
    expect(more).toEqual([])
    expect(decision).toMatchObject({ status: 'open', requirementId: null, answerRole: 'admin', recommended: 'raise' })
    expect(decision?.question).toMatch(/budget of the project .* used up. Raise it by \$2\.50\?/)
    expect(decision?.why).toMatch(/\$0\.50: \$0\.00 are spent .* \$0\.60 in the worst case/)
    const run = await database().run.findFirstOrThrow({ where: { id: made.runs[0] } })
    expect(run).toMatchObject({ nextActor: 'group', nextActorId: decision?.id, waitsFor: decision?.id })
    expect(run.nextReason).toContain('budget')
  })

  test('what waits names who may really decide, and the person it was handed to', async () => {
    const made = await scene()
    const { organizationId, people, requirementId, taskId } = made
    for (const run of made.runs.slice(0, 2)) await atWall(made, run)
    const [decision] = await decisionsOf(made)
    const named = async () => {
      const row = { select: { nextActor: true, nextActorName: true, nextReason: true } }
      const [run, task] = [
        await database().run.findUniqueOrThrow({ where: { id: made.runs[0] as string }, ...row }),
        await database().task.findUniqueOrThrow({ where: { id: taskId }, ...row }),
      ]
      const asked = await database().decision.findUniqueOrThrow({ where: { id: decision?.id as string }, ...row })
      return [run, task, asked].map((one) => [one.nextActor, one.nextActorName, one.nextReason])
    }
    const question = decision?.question
    expect(await named()).toEqual([
      ['group', 'A owner or A admin', `Waits for A owner or A admin to decide about the budget: ${question}`],
      ['group', 'A owner or A admin', `Waits for A owner or A admin to decide about the budget: ${question}`],
      ['group', 'A owner or A admin', `Waits for the answer of A owner or A admin: ${question}`],
    ])
    const look = () => transaction((tx) => advance(tx, systemScope(organizationId), requirementId))
    await look()
    expect((await named())[1]).toEqual([
      'group',
      'A owner or A admin',
      `Waits for the answer of A owner or A admin: ${question}`,
    ])
    await forgetJobs()
    await delegateDecision(people.owner.scope, { decisionId: decision?.id as string, userId: people.admin.userId })
    const handed = ['person', 'A admin', `Waits for the answer of A admin: ${question}`]
    expect(await named()).toEqual([handed, handed, handed])
    expect(await waking(made)).toBe(1)
    await look()
    expect((await named())[1]).toEqual(handed)
    const requirement = await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })
    expect(requirement).toMatchObject({ nextActor: 'person', nextActorName: 'A admin' })
  })

  test('raised by the answer: the limit and everything that waited change together, and who raised it is written down', async () => {
    const made = await scene()
    for (const run of made.runs) await atWall(made, run)
    await work(made)
    expect(await statuses(made)).toEqual(['asking', 'asking', 'asking'])
    await answer(made, 'raise')
    await forgetJobs()
    await Promise.all([work(made), work(made)])
    // The scheduler sets them going, as far as there are slots.
    expect(await statuses(made)).toEqual(['paused', 'paused', 'paused'])
    expect(await waking(made)).toBe(1)
    const budget = await database().budget.findFirstOrThrow({ where: { ownerId: made.projectId } })
    expect(budget.limitMicroUsd).toBe(3_000_000n)
    const events = await database().event.findMany({ where: { organizationId: made.organizationId } })
    const raised = events.filter((event) => event.type === 'budget.changed').at(-1)
    expect(raised).toMatchObject({
      actor: { name: 'An owner' },
      payload: { from: { microUsd: 500_000 }, to: { microUsd: 3_000_000 } },
    })
  })

  test('raised on the page instead: the question is withdrawn and what waited goes on', async () => {
    const made = await scene()
    await atWall(made, made.runs[0] as string)
    await changeBudget(made.people.admin.scope, { level: 'project', ownerId: made.projectId, microUsd: 550_000 })
    await work(made)
    expect((await decisionsOf(made))[0]?.status).toBe('open')
    await changeBudget(made.people.admin.scope, { level: 'project', ownerId: made.projectId, microUsd: null })
    await forgetJobs()
    await work(made)
    expect((await decisionsOf(made))[0]?.status).toBe('withdrawn')
    expect(await statuses(made)).not.toContain('asking')
    expect(await waking(made)).toBe(1)
  })

  test('stopped: a wider budget ends the requirements that wait, a task’s budget ends the attempt', async () => {
    const wide = await scene()
    for (const run of wide.runs) await atWall(wide, run)
    await answer(wide, 'stop')
    await work(wide)
    expect(await statuses(wide)).toEqual(['cancelled', 'cancelled', 'cancelled'])
    const narrow = await scene(500_000, 'task')
    const [run = ''] = narrow.runs
    await atWall(narrow, run, 'money', 'task')
    await answer(narrow, 'stop')
    await work(narrow)
    expect(await database().run.findUniqueOrThrow({ where: { id: run } })).toMatchObject({
      status: 'failed',
      errorCode: 'budget-wall',
    })
    expect((await database().task.findUniqueOrThrow({ where: { id: narrow.taskId } })).status).toBe('asking')
  })

  test('reservations that will be given back are waited for, and nobody is asked', async () => {
    const made = await scene(1_000_000)
    const [under = '', refused = ''] = made.runs
    const claim = await claimRun(systemScope(made.organizationId), under, 'worker')
    const key = { runId: under, lease: claim?.lease.number ?? 0, turn: 1, tryNumber: 1 }
    await reserve(key, { microUsd: 700_000, tokens: 10, ms: 10, priceId: null }, false)
    expect(await atWall(made, refused)).toMatch(/give back/)
    const run = await database().run.findUniqueOrThrow({ where: { id: refused } })
    expect([run.status, run.nextActor, await decisionsOf(made)]).toEqual(['queued', 'timer', []])
    expect(run.notBefore?.getTime()).toBeGreaterThan(Date.now() - 1_000)
    // Once it is spent, waiting would not help any more.
    await settle(key, { microUsd: 700_000, tokens: 10, ms: 1, estimated: false })
    await database().run.update({ where: { id: refused }, data: { notBefore: null } })
    await atWall(made, refused)
    expect(await decisionsOf(made)).toHaveLength(1)
  })

  test('one run, two walls: raised at the requirement it meets the project’s, and a lowered limit lets nothing through', async () => {
    const made = await scene(500_000, 'requirement')
    const [run = ''] = made.runs
    const { scope } = made.people.admin
    await changeBudget(scope, { level: 'project', ownerId: made.projectId, microUsd: 550_000 })
    await atWall(made, run, 'money', 'requirement')
    await answer(made, 'raise')
    await work(made)
    await database().run.update({ where: { id: run }, data: { status: 'queued' } })
    await atWall(made, run, 'money', 'project')
    const open = (await decisionsOf(made)).filter(({ status }) => status === 'open')
    expect(open.map(({ question }) => question)).toEqual([expect.stringContaining('budget of the project')])
    await changeBudget(scope, { level: 'project', ownerId: made.projectId, microUsd: 0 })
    await changeBudget(scope, { level: 'requirement', ownerId: made.requirementId, microUsd: null })
    await work(made)
    expect((await decisionsOf(made)).at(-1)?.status).toBe('open')
    expect((await database().run.findUniqueOrThrow({ where: { id: run } })).status).toBe('asking')
    // What was answered goes before what was set in between: it names the new limit.
    await answer(made, 'raise')
    await work(made)
    const budget = await database().budget.findFirstOrThrow({ where: { ownerId: made.projectId } })
    expect(Number(budget.limitMicroUsd)).toBeGreaterThan(600_000)
    expect((await database().run.findUniqueOrThrow({ where: { id: run } })).waitsFor).toBeNull()
  })

  test('when the last one that waited has ended, nobody is asked any more', async () => {
    const made = await scene()
    const [first = '', second = ''] = made.runs
    for (const run of [first, second]) await atWall(made, run)
    const end = (id: string) => database().run.update({ where: { id }, data: { status: 'cancelled' } })
    await end(first)
    await settleDecisions()
    expect((await decisionsOf(made))[0]?.status).toBe('open')
    await end(second)
    await settleDecisions()
    expect((await decisionsOf(made))[0]).toMatchObject({ status: 'withdrawn', comment: 'What it was about has ended.' })
    await work(made)
    const [third = ''] = made.runs.slice(2)
    await atWall(made, third)
    expect((await decisionsOf(made)).map(({ status }) => status)).toEqual(['withdrawn', 'open'])
  })

  test('a price that is missing is asked for, and when it is set the runs go on', async () => {
    const made = await makeScene(1, { status: 'queued', model: 'somebodys-model' })
    await changeBudget(made.people.admin.scope, { level: 'project', ownerId: made.projectId, microUsd: 500_000 })
    await atWall(made, made.runs[0] as string, 'unpriced')
    const [decision] = await decisionsOf(made)
    expect(decision?.question).toBe(
      "What does the model somebodys-model cost? Without a price the budget of the project Acme project can't be kept.",
    )
    await work(made)
    expect(await statuses(made)).toEqual(['asking'])
    await setModelPrice(made.people.admin.scope, { model: 'somebodys-model', input: 1, output: 2 })
    await work(made)
    expect(await statuses(made)).toEqual(['paused'])
  })

  test('what people paused meanwhile stays paused, and a paused or early run is nobody’s to take', async () => {
    const made = await scene()
    const [run = '', early = ''] = made.runs
    await atWall(made, run)
    await database().requirement.update({
      where: { id: made.requirementId },
      data: { pausedAt: new Date(), pausedBy: 'Ana' },
    })
    await answer(made, 'raise')
    await work(made)
    const rests = { status: 'paused', nextActor: 'person', nextReason: 'Paused by Ana, until somebody resumes it.' }
    expect(await database().run.findUniqueOrThrow({ where: { id: run } })).toMatchObject(rests)
    await database().run.update({ where: { id: early }, data: { notBefore: new Date(Date.now() + 60_000) } })
    for (const id of [run, early]) expect(await claimRun(systemScope(made.organizationId), id, 'worker')).toBeNull()
  })
})

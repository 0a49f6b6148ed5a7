/** Changes of live plans on real rows: the preview is what happens, undone is as before, and nobody is overrun. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createAgent } from '#server/agents/commands'
import type { Scope } from '#server/auth/model'
import { database } from '#server/platform/database/client'
import type { Requirement } from '#server/platform/database/generated/client'
import { stopQueue } from '#server/platform/queue/queue'
import { cancelRequirement, submitRequirement } from '#server/requirements/commands'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { listPlans } from '#server/tasks/queries'
import { changePlan, undoChange } from './changes'
import type { Change, TaskChange } from './model'
import { previewChange } from './queries'
import { loadPlan } from './repository/load'
import { decideChange } from './rules/change'
import { effectsOf } from './rules/effects'
import type { PlanState } from './rules/plan-state'
import { isNothing, touchedBy } from './rules/touched'
import { settleDueChanges } from './settle'
import { aPlan, aTask, context, someChange, somePlan } from './testing'

let acme: TestOrganization
let ana: Scope
let ben: Scope
const agents: string[] = []
beforeAll(async () => {
  acme = await makeOrganization()
  ana = acme.people.owner.scope
  ben = acme.people.member.scope
  for (const name of ['Implementer', 'Reasoner', 'Asleep']) {
    const { id } = await createAgent(ana, {
      name,
      role: 'custom',
      capabilities: name === 'Reasoner' ? ['code', 'reasoning'] : ['code'],
      connector: 'compatible',
      provider: 'compatible',
      model: 'm',
    })
    agents.push(id)
  }
  await database().agent.update({ where: { id: agents[2] as string }, data: { enabled: false } })
})
afterAll(stopQueue)

let requirement: Requirement
const load = () => database().requirement.findUniqueOrThrow({ where: { id: requirement.id } })
const state = async () => (await loadPlan(database(), await load())).state
const revise = (...changes: TaskChange[]): Change => ({ kind: 'revise', changes })

/** A requirement at work with these tasks as rows, with runs and decisions where they have them. */
async function make(plan: PlanState): Promise<Requirement> {
  const { organizationId, projectId } = acme
  const { id } = await submitRequirement(ana, { projectId, text: 'It adds numbers.', source: 'page' })
  const common = { organizationId, projectId, requirementId: id }
  const tasks = plan.tasks.map((task) => ({ ...task, id: task.ref, rationale: '' }))
  const content = { summary: '', assumptions: [], questions: [], tasks: tasks.map(planned) }
  const row = await database().plan.create({
    data: { organizationId, requirementId: id, revision: 1, status: 'accepted', summary: '', content },
  })
  const ids = new Map<string, string>()
  for (const task of plan.tasks) {
    const { ref, position, title, kind, capability, instructions, owns, reads, acceptance, status } = task
    const given = { ref, position, title, kind, capability, instructions, owns, reads, acceptance, status }
    const ended = { finishedAt: task.finishedAt, agentId: task.agentId && agents[0], attempt: task.attempt }
    const asks =
      task.status === 'asking'
        ? { nextActor: 'group', nextActorId: 'a question', nextReason: 'Waits for an answer.' }
        : {}
    const made = await database().task.create({ data: { ...common, planId: row.id, ...given, ...ended, ...asks } })
    ids.set(ref, made.id)
    for (const run of task.runs) await aRun(common, made.id, run.status)
    for (const [index] of task.decisions.entries()) {
      const dedupeKey = `${made.id}:${index}`
      const decision = { ...common, taskId: made.id, kind: 'task_failed', question: '?', options: [], dedupeKey }
      await database().decision.create({ data: decision })
    }
    await database().dependency.createMany({
      data: task.dependsOn.map((needed) => ({ taskId: made.id, dependsOnId: ids.get(needed) as string })),
    })
  }
  return database().requirement.update({ where: { id }, data: { status: 'in_progress' } })
}

const planned = ({
  id,
  title,
  kind,
  capability,
  instructions,
  ...task
}: PlanState['tasks'][number] & { id: string }) => {
  const { dependsOn, statements, owns, reads, acceptance, risk } = task
  const rest = { dependsOn, statements, owns, reads, acceptance, risk, rationale: '' }
  return { id, title, kind, capability, instructions, ...rest }
}

function aRun(common: object, taskId: string | null, status: string) {
  const rest = { agentId: agents[0], purpose: 'implement', attempt: 1, providerMode: 'scripted', lease: 1 }
  const asks = status === 'asking' ? { nextActor: 'group', nextActorId: 'a question', nextReason: 'Asked.' } : {}
  const data = { ...common, ...rest, ...asks, taskId, status, connector: 'compatible', model: 'm', prompt: {} }
  return database().run.create({ data: data as Parameters<ReturnType<typeof database>['run']['create']>[0]['data'] })
}

const [simple] = fc.sample(
  somePlan.filter(({ tasks }) => tasks.filter(({ status }) => status === 'ready' || status === 'running').length > 1),
  { seed: 7, numRuns: 1 },
) as [PlanState]

beforeEach(async () => {
  requirement = await make(simple)
})

/** Lets the time to undo pass. */
async function passTime(): Promise<void> {
  const past = new Date(Date.now() - 1_000)
  await database().planChange.updateMany({ where: { state: 'open' }, data: { finalAt: past } })
  await settleDueChanges()
}

const first = (wanted: (task: PlanState['tasks'][number]) => boolean) => simple.tasks.find(wanted)?.ref as string
const running = () => first(({ status }) => status === 'running')
const ready = () => first(({ status }) => status === 'ready')

/** As agents are not the ones of the generator: by place. */
function withAgents(change: Change): Change {
  const text = JSON.stringify(change).replaceAll(/00000000-0000-7000-8000-00000000000(\d)/g, (_, digit) => {
    return agents[Number(digit) - 1] as string
  })
  return JSON.parse(text) as Change
}

/** Runs that were at work are not held afterwards: the scheduler lets them go on from their journal. */
const atRest = (plan: PlanState): unknown =>
  JSON.parse(JSON.stringify(plan).replaceAll(/"status":"(running|queued)","held"/g, '"status":"paused","held"'))

const someCase = fc.tuple(somePlan, someChange)
const mostlyPossible = fc.oneof(
  { weight: 4, arbitrary: someCase.filter(isPossible) },
  { weight: 1, arbitrary: someCase },
)

function isPossible([plan, change]: [PlanState, Change]): boolean {
  try {
    return !isNothing(touchedBy(plan, decideChange(plan, change, context)))
  } catch {
    return false
  }
}

test('random changes: the preview is what happens, undone is as before, settled is the target', async () => {
  let done = 0
  await fc.assert(
    fc.asyncProperty(mostlyPossible, async ([plan, generated]) => {
      requirement = await make(plan)
      const change = withAgents(generated)
      const input = { requirementId: requirement.id, change }
      const before = await state()
      const preview = await previewChange(ana, input).catch((error: Error) => error)
      const changed = await changePlan(ana, input).catch((error: Error) => error)
      if (preview instanceof Error || changed instanceof Error) {
        expect(changed).toEqual(preview)
        expect(await state()).toEqual(before)
        return
      }
      if (changed.number === null) return
      done += 1
      await undoChange(ana, { requirementId: requirement.id })
      expect(atRest(await state())).toEqual(atRest(before))

      await changePlan(ana, input)
      const held = await state()
      if (change.kind === 'cancel') return
      await passTime()
      const after = await state()
      const now = effectsOf(before, held, { ...after, tasks: [...after.tasks, ...gone(before, after)] })
      const { stops: _, goesOn: __, ...told } = preview.effects
      for (const [what, refs] of Object.entries(told)) {
        expect([what, [...now[what as keyof typeof told]].sort()]).toEqual([what, renamed(refs, before, after).sort()])
      }
    }),
    { numRuns: 25 },
  )
  expect(done).toBeGreaterThan(8)
})

/** What left the plan is not in it any more. */
const gone = (before: PlanState, after: PlanState) =>
  before.tasks
    .filter(({ ref }) => !after.tasks.some((task) => task.ref === ref))
    .map((task) => ({ ...task, inPlan: false, status: 'cancelled' as const }))

/** A task that was added twice, undone between, may have got the same ref or the next one. */
function renamed(refs: readonly string[], before: PlanState, after: PlanState): string[] {
  const known = new Set(before.tasks.map(({ ref }) => ref))
  const added = after.tasks.map(({ ref }) => ref).filter((ref) => !known.has(ref))
  return refs.map((ref) => (known.has(ref) || added.includes(ref) ? ref : (added[0] as string)))
}

test('a pause stops what runs with its lease, a resume leaves it to the scheduler; a question keeps waiting', async () => {
  const id = requirement.id
  const paused = await changePlan(ana, { requirementId: id, change: { kind: 'pause', reason: 'lunch' } })
  expect(paused).toMatchObject({ number: 1, revision: 2, summary: `A owner paused R${requirement.number}.` })
  const runs = await database().run.findMany({ where: { requirementId: id } })
  expect(runs.filter(({ status }) => status === 'running' || status === 'queued')).toEqual([])
  const stopped = runs.filter(({ status }) => status === 'paused')
  expect(stopped.length).toBeGreaterThan(0)
  for (const run of stopped) expect(run).toMatchObject({ lease: 2, nextActor: 'person', nextActorName: 'A owner' })
  expect(await load()).toMatchObject({ pausedBy: 'A owner', nextActor: 'person', status: 'in_progress' })
  expect((await changePlan(ben, { requirementId: id, change: { kind: 'pause' } })).number).toBeNull()

  await changePlan(ben, { requirementId: id, change: { kind: 'resume' } })
  expect(await load()).toMatchObject({ pausedAt: null })
  const again = await database().run.findMany({ where: { id: { in: stopped.map((run) => run.id) } } })
  const left = { status: 'paused', heldAt: null, nextActor: 'system' }
  expect(again).toEqual(again.map(() => expect.objectContaining(left)))
})

test('what money or a question has paused is not set going by a resume', async () => {
  const { organizationId, projectId } = acme
  const run = await aRun({ organizationId, projectId, requirementId: requirement.id }, null, 'paused')
  await changePlan(ana, { requirementId: requirement.id, change: { kind: 'pause' } })
  await changePlan(ana, { requirementId: requirement.id, change: { kind: 'resume' } })
  expect(await database().run.findUniqueOrThrow({ where: { id: run.id } })).toMatchObject({ status: 'paused' })
})

test('a cancelled requirement stops at once, can be undone for ten seconds, and then it is over', async () => {
  const id = requirement.id
  const cancelled = await changePlan(ana, { requirementId: id, change: { kind: 'cancel', reason: 'Not needed.' } })
  expect((cancelled.finalAt as Date).getTime()).toBeGreaterThan(Date.now() + 8_000)
  expect(await database().run.count({ where: { requirementId: id, status: { in: ['queued', 'running'] } } })).toBe(0)
  expect((await load()).status).toBe('in_progress')
  const resume = changePlan(ben, { requirementId: id, change: { kind: 'resume' } })
  await expect(resume).rejects.toMatchObject({ code: 'being-cancelled', message: /A owner is cancelling/ })
  await undoChange(ben, { requirementId: id, number: cancelled.number as number })
  expect(atRest(await state())).toMatchObject({ requirement: { paused: null, status: 'in_progress' } })

  await changePlan(ana, { requirementId: id, change: { kind: 'cancel', reason: 'Not needed.' } })
  await passTime()
  expect(await load()).toMatchObject({ status: 'cancelled', statusReason: 'Not needed.', nextActor: 'nobody' })
  const late = undoChange(ana, { requirementId: id })
  await expect(late).rejects.toMatchObject({ code: 'undo-too-late' })
  const open = { requirementId: id, status: { notIn: ['done', 'failed', 'cancelled', 'finished'] } }
  expect([await database().task.count({ where: open }), await database().run.count({ where: open })]).toEqual([0, 0])
})

test('what ended while a change could be undone keeps its end: nothing comes back to life', async () => {
  const [first, second] = ['T1', 'T2'] as const
  const running = aTask(first, { status: 'running', attempt: 1, runs: [{ id: 'r', status: 'running', held: false }] })
  const both = () => aPlan([running, aTask(second, { dependsOn: [first] })])
  const statusOf = async (ref: string) =>
    (await database().task.findFirstOrThrow({ where: { requirementId: requirement.id, ref } })).status

  requirement = await make(both())
  await changePlan(ana, { requirementId: requirement.id, change: revise({ kind: 'skip', task: first }) })
  await cancelRequirement(ben, { requirementId: requirement.id })
  const back = undoChange(ana, { requirementId: requirement.id })
  await expect(back).rejects.toMatchObject({ code: 'requirement-closed' })
  await passTime()
  expect([await statusOf(first), await statusOf(second)]).toEqual(['cancelled', 'cancelled'])

  requirement = await make(both())
  await changePlan(ana, { requirementId: requirement.id, change: revise({ kind: 'cancel-task', task: first }) })
  await database().task.updateMany({ where: { requirementId: requirement.id, ref: first }, data: { status: 'done' } })
  await passTime()
  expect(await statusOf(first)).toBe('done')
})

test('a storm of cancellations is one cancellation', async () => {
  const id = requirement.id
  const cancel = () => changePlan(ana, { requirementId: id, change: { kind: 'cancel' } })
  const storm = async (size: number) => {
    for (let sent = 0; sent < size; sent += 20) await Promise.all(Array.from({ length: 20 }, cancel))
  }
  await storm(260)
  await passTime()
  await storm(240)
  expect(await database().planChange.count({ where: { requirementId: id } })).toBe(1)
  const told = await database().event.groupBy({ by: ['type'], where: { requirementId: id }, _count: true })
  const counts = Object.fromEntries(told.map(({ type, _count }) => [type, _count]))
  expect(counts).toMatchObject({ 'plan.revised': 1, 'requirement.cancelled': 1 })
})

test('of two people at once one wins; the other is told who and what, and nothing is lost', async () => {
  const task = ready()
  const edit = (scope: Scope, title: string) =>
    changePlan(scope, {
      requirementId: requirement.id,
      expectedRevision: 1,
      change: revise({ kind: 'edit', task, title }),
    }).then(
      () => 'won',
      (error: unknown) => error,
    )
  const answers = await Promise.all([edit(ana, 'By Ana'), edit(ben, 'By Ben')])
  const loser = answers.find((answer) => answer !== 'won') as Error
  expect(answers.filter((answer) => answer === 'won')).toHaveLength(1)
  expect(loser).toMatchObject({ code: 'plan-changed', kind: 'conflict', details: { revision: 2, kind: 'edit' } })
  expect(loser.message).toMatch(new RegExp(`Meanwhile: A (owner|member) edited ${task}\\. The plan is at revision 2`))
  const winner = answers[0] === 'won' ? 'By Ana' : 'By Ben'
  expect((await state()).tasks.find(({ ref }) => ref === task)?.title).toBe(winner)
})

test('undo is for the newest change, in time, and not over what began since', async () => {
  const id = requirement.id
  await expect(undoChange(ana, { requirementId: id })).rejects.toMatchObject({ code: 'nothing-to-undo' })
  const edited = await changePlan(ana, {
    requirementId: id,
    change: revise({ kind: 'edit', task: ready(), title: 'New' }),
  })
  const paused = await changePlan(ben, { requirementId: id, change: revise({ kind: 'pause-task', task: running() }) })
  const older = undoChange(ana, { requirementId: id, number: edited.number as number })
  await expect(older).rejects.toMatchObject({ code: 'plan-changed', message: /A member paused T\d/ })
  await undoChange(ana, { requirementId: id, number: paused.number as number })

  const wanted = revise({ kind: 'reassign', task: ready(), agentId: agents[1] as string })
  await changePlan(ana, { requirementId: id, change: wanted })
  await database().task.updateMany({
    where: { requirementId: id, ref: ready() },
    data: { status: 'running', attempt: 1 },
  })
  const begun = undoChange(ana, { requirementId: id })
  await expect(begun).rejects.toMatchObject({ code: 'cannot-undo', message: /is running now/ })
})

test('every change is a revision with its diff; finished tasks move on with their results', async () => {
  const id = requirement.id
  const doneBefore = await database().task.findMany({ where: { requirementId: id, status: 'done' } })
  const add = {
    kind: 'add' as const,
    title: 'Say thanks',
    taskKind: 'implement' as const,
    capability: 'code' as const,
    instructions: 'Print thanks.',
    dependsOn: [],
    before: [ready()],
    statements: [],
    owns: ['thanks.js'],
    reads: [],
    acceptance: [{ text: 'thanks', command: 'node thanks.js', proves: [] }],
    risk: 'low' as const,
  }
  const { revision } = await changePlan(ana, { requirementId: id, change: revise(add), undoSeconds: 0 })
  const plans = await database().plan.findMany({ where: { requirementId: id }, orderBy: { revision: 'asc' } })
  expect(plans.map((plan) => plan.status)).toEqual(['superseded', 'accepted'])
  const tasks = await database().task.findMany({ where: { requirementId: id }, include: { dependsOn: true } })
  expect(new Set(tasks.map(({ planId }) => planId))).toEqual(new Set([plans[1]?.id]))
  const thanks = tasks.find(({ title }) => title === 'Say thanks')
  const follower = tasks.find(({ ref }) => ref === ready())
  expect(follower).toMatchObject({ openDependencies: 1, status: 'waiting', pausedAt: null })
  expect(follower?.dependsOn.map(({ dependsOnId }) => dependsOnId)).toEqual([thanks?.id])
  expect(
    tasks
      .filter(({ status }) => status === 'done')
      .map((task) => task.id)
      .sort(),
  ).toEqual(doneBefore.map((task) => task.id).sort())
  const row = await database().planChange.findFirstOrThrow({ where: { requirementId: id } })
  expect(row).toMatchObject({ kind: 'add', fromRevision: 1, revision, byName: 'A owner', state: 'final' })
  expect(row.diff).toContainEqual(expect.objectContaining({ what: 'waits for', ref: ready() }))
  expect(JSON.stringify(plans[1]?.content)).toContain('Say thanks')
})

test('another organization finds nothing', async () => {
  const other = await makeOrganization('Other')
  const scope = other.people.owner.scope
  const input = { requirementId: requirement.id, change: { kind: 'pause' } as const }
  for (const call of [changePlan, previewChange, undoChange]) {
    await expect(call(scope, input)).rejects.toMatchObject({ code: 'requirement-not-found' })
  }
})

test('a revision says who changed it, not only who wrote the plan at first', async () => {
  await changePlan(ana, { requirementId: requirement.id, change: { kind: 'pause' } })
  await changePlan(ben, { requirementId: requirement.id, change: { kind: 'resume' } })
  const plans = await listPlans(ana, requirement.id)
  expect(plans.map(({ revision, changedBy }) => [revision, changedBy])).toEqual([
    [3, ben.actor.name],
    [2, ana.actor.name],
    [1, null],
  ])
})

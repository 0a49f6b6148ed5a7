import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { t } from '../init'
import { appRouter } from '../root'
import { organization, world } from './people-pages.testing'

const createCaller = t.createCallerFactory(appRouter)

/** Calls the API as the owner of an organization. */
function callerOf(organizationId: string) {
  const user = { id: randomUUID(), email: 'ana@example.org', name: 'Ana' }
  return createCaller({ requestId: 'test', user, token: null, scope: async () => systemScope(organizationId) })
}

let own: Awaited<ReturnType<typeof world>>
let api: ReturnType<typeof callerOf>
beforeAll(async () => {
  own = await world()
  api = callerOf(own.organizationId)
})

describe('what the pages read', () => {
  test('requirements: totals leave background prose out, progress counts the present plan only', async () => {
    const { requirements } = await api.requirements.list({ projectId: own.project.id })
    expect(requirements).toMatchObject([{ number: 1, totalsInWords: '1 of 2 proven · 1 open', tasks: 3, tasksDone: 1 }])
    const one = await api.requirements.one({ requirementId: own.requirement.id })
    expect(one.statements.map((statement) => statement.ref)).toEqual(['S1', 'S2', 'S3'])
    expect(one.plans.map((plan) => [plan.revision, plan.tasks.length, plan.agentName])).toEqual([
      [2, 2, 'Codex'],
      [1, 2, 'Codex'],
    ])
    expect(one.cost).toMatchObject({ cost: '$0.02', agents: [{ agentName: 'Codex', runs: 1 }] })
  })

  test('evidence: what ran on the merged tree counts before what ran on the task', async () => {
    const evidence = await api.requirements.evidence({ requirementId: own.requirement.id })
    expect(evidence).toMatchObject([{ statementRef: 'S1', phase: 'merge', exitCode: 0, tests: ['[S1] adds'] }])
  })

  test('graph: tasks of the present plan with their edges', async () => {
    const tasks = await api.tasks.ofRequirement({ requirementId: own.requirement.id })
    expect(tasks.map((task) => [task.ref, task.status, task.dependsOn])).toEqual([
      ['T1', 'done', []],
      ['T2', 'asking', [own.first.id]],
      ['T3', 'waiting', [own.second.id]],
    ])
  })

  test('task: attempts, merges, neighbours, and why this agent', async () => {
    const task = await api.tasks.one({ taskId: own.first.id })
    expect(task.blocks.map((link) => link.ref)).toEqual(['T2'])
    expect(task.runs).toMatchObject([{ agentName: 'Codex', turns: 1, cost: '$0.02' }])
    expect(task.merges).toMatchObject([{ status: 'merged' }])
    expect(task.assignment).toMatchObject({ chosen: 'Codex', reasons: ['fits'] })
    expect(await api.tasks.checks({ taskId: own.first.id })).toHaveLength(2)
  })

  test('log: only what comes after the last line; turns: long outputs are shortened', async () => {
    const page = await api.tasks.log({ runId: own.run.id, after: 1 })
    expect(page).toMatchObject({ lastSequence: 3, more: false, status: 'finished' })
    expect(page.lines.map((line) => line.text)).toEqual(['line 2', 'line 3'])
    const [turn] = await api.tasks.turns({ runId: own.run.id })
    expect(turn?.toolCalls[0]?.output?.length).toBeLessThan(21_000)
    expect(turn?.toolCalls[0]?.output).toContain('30000 characters left out')
  })

  test('decisions: the costliest wait first, with what it holds up', async () => {
    const open = await api.decisions.open({})
    expect(open.map((decision) => [decision.question, decision.blockedTasks])).toEqual([
      ['where to store?', 2],
      ['holds up nothing?', 0],
    ])
    expect(await api.decisions.open({ taskId: own.second.id })).toHaveLength(1)
    expect(await api.decisions.count()).toBe(2)
  })

  test('activity: newest first, in pages, with names', async () => {
    const page = await api.activity.list({ limit: 2 })
    expect(page.lines.map((line) => line.sequence)).toEqual(['3', '2'])
    expect(page.lines[0]?.text).toBe('T1 Task 1 is done')
    const rest = await api.activity.list({ before: page.before ?? undefined })
    expect(rest).toMatchObject({ before: null, lines: [{ sequence: '1', text: 'Ana submitted Task board' }] })
  })

  test('files: a project without a workspace has none, and a task without a commit has no diff', async () => {
    expect(await api.files.list({ projectId: own.project.id })).toEqual({ commit: null, files: [] })
    expect(await api.files.taskDiff({ taskId: own.first.id })).toBeNull()
    await expect(api.files.read({ projectId: own.project.id, path: '../../etc/passwd' })).rejects.toMatchObject({
      code: expect.stringMatching(/NOT_FOUND|BAD_REQUEST/),
    })
  })
})

describe('another organization', () => {
  let foreign: ReturnType<typeof callerOf>
  beforeAll(async () => {
    foreign = callerOf((await organization('foreign')).id)
  })

  test('finds nothing by id', async () => {
    const { project, requirement, first, run, big } = own
    const answers = [
      foreign.requirements.list({ projectId: project.id }),
      foreign.requirements.one({ requirementId: requirement.id }),
      foreign.requirements.cancel({ requirementId: requirement.id }),
      foreign.requirements.submit({ projectId: project.id, text: 'Mine now' }),
      foreign.tasks.ofRequirement({ requirementId: requirement.id }),
      foreign.tasks.one({ taskId: first.id }),
      foreign.tasks.checks({ taskId: first.id }),
      foreign.tasks.turns({ runId: run.id }),
      foreign.tasks.log({ runId: run.id, after: -1 }),
      foreign.decisions.one({ decisionId: big.id }),
      foreign.decisions.answer({ decisionId: big.id, option: 'a', comment: '' }),
      foreign.files.list({ projectId: project.id }),
      foreign.files.read({ projectId: project.id, path: 'README.md' }),
      foreign.files.taskDiff({ taskId: first.id }),
    ]
    const settled = await Promise.allSettled(answers)
    expect(settled.map((answer) => (answer.status === 'rejected' ? answer.reason.code : 'answered'))).toEqual(
      answers.map(() => 'NOT_FOUND'),
    )
  })

  test('sees empty lists', async () => {
    const about = { requirementId: own.requirement.id }
    expect(await foreign.requirements.evidence(about)).toEqual([])
    expect(await foreign.requirements.planningRuns(about)).toEqual([])
    expect(await foreign.decisions.open(about)).toEqual([])
    expect(await foreign.decisions.closed(about)).toEqual([])
    expect(await foreign.decisions.count()).toBe(0)
    expect((await foreign.activity.list(about)).lines).toEqual([])
  })
})

import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { Scope } from '#server/auth/model'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { isClosed, type RequirementStatus } from '#server/requirements/model'
import { active, advanceModel, ask, type Engine, newest, reviewOf } from './testing/engine-model'
import { endRun, look, makeRequirement, makeSetting, type Setting } from './testing/setting'

afterAll(stopQueue)

const drafts = [
  { id: 'T1', needs: [], checks: 1, files: ['a'] },
  { id: 'T2', needs: ['T1'], checks: 0, files: [] },
  { id: 'T3', needs: ['T1'], checks: 1, files: ['b'] },
]

function modelOf(): Engine {
  const rest = { verification: 'none', approval: 'automatic', decisions: [], tasks: [], runs: [] } as const
  return {
    ...structuredClone({ ...rest, decisions: [], tasks: [], runs: [], drafts }),
    now: Date.now(),
    status: 'plan_review',
    pausedBy: null,
    plan: { revision: 1, status: 'proposed' },
    agents: [
      { id: 'Implementer', enabled: true, capability: 'code', slots: 1 },
      { id: 'Validator', enabled: true, capability: 'validation', slots: 1 },
    ],
    foreign: 0,
    organizationMost: null,
    count: 0,
  }
}

interface Pair {
  engine: Engine
  setting: Setting
  id: string
}

const rowOf = ({ id }: Pair, ref: string) => database().task.findFirstOrThrow({ where: { requirementId: id, ref } })
const runOf = async (pair: Pair, ref: string, purpose: string) =>
  database().run.findFirstOrThrow({
    where: { requirementId: pair.id, purpose, taskId: (await rowOf(pair, ref)).id },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  })

/** What the world can do now: each move on the model and on the rows. */
function moves(pair: Pair): ((detail: number) => Promise<void>)[] {
  const { engine, setting } = pair
  const found: ((detail: number) => Promise<void>)[] = [
    async () => {
      engine.pausedBy = engine.pausedBy === null ? 'Ana' : null
      const data = { pausedAt: engine.pausedBy === null ? null : new Date(), pausedBy: 'Ana' }
      await database().requirement.update({ where: { id: pair.id }, data })
    },
  ]
  for (const task of engine.tasks) {
    const run = newest(engine, task.id, 'implement')
    const review = reviewOf(engine, run)
    if (run && active(run)) found.push(...movesOfRun(pair, task.id))
    if (review && active(review)) found.push((detail) => judge(pair, task.id, detail % 3 > 0))
    if (task.status === 'proving' && task.proof === 'none')
      found.push((detail) => prove(pair, setting.scope, task.id, detail % 3 > 0))
    if (task.merge?.status === 'queued') found.push((detail) => merged(pair, task.id, detail % 3 > 0))
    if (task.status === 'asking' && task.decision?.status === 'open') {
      found.push((detail) => answered(pair, task.id, detail))
    }
  }
  if (engine.verification === 'requested') {
    found.push(async () => {
      engine.verification = 'recorded'
      await database().requirement.update({ where: { id: pair.id }, data: { verification: 'recorded' } })
    })
  }
  return found
}

function movesOfRun(pair: Pair, ref: string): ((detail: number) => Promise<void>)[] {
  const { engine, setting } = pair
  const run = newest(engine, ref, 'implement')
  if (!run) return []
  return [
    async () => {
      run.status = 'finished'
      run.changed = ref !== 'T2'
      run.commit = run.id
      const row = await runOf(pair, ref, 'implement')
      await endRun(setting.scope, row.id, { status: 'finished', changed: run.changed })
    },
    async (detail) => {
      const code = ['internal', 'authentication', 'turn-limit'][detail % 3] as string
      run.status = 'failed'
      run.errorCode = code
      await endRun(setting.scope, (await runOf(pair, ref, 'implement')).id, { status: 'failed', code })
    },
    async () => {
      run.status = 'asking'
      const task = engine.tasks.find(({ id }) => id === ref)
      if (!task) return
      task.decision = ask(engine, 'agent_question', run.id)
      task.asked += 1
      const row = await runOf(pair, ref, 'implement')
      const { organizationId, projectId, requirementId, taskId, id: runId } = row
      const about = { organizationId, projectId, requirementId, taskId, runId, dedupeKey: crypto.randomUUID() }
      const options = [
        { id: 'a', label: 'A', consequence: '', reversible: true },
        { id: 'b', label: 'B', consequence: '', reversible: true },
      ]
      await database().decision.create({ data: { ...about, kind: 'agent_question', question: 'Which?', options } })
      await database().run.update({ where: { id: row.id }, data: { status: 'asking' } })
    },
  ]
}

async function judge(pair: Pair, ref: string, approve: boolean): Promise<void> {
  const review = reviewOf(pair.engine, newest(pair.engine, ref, 'implement'))
  if (!review) return
  review.status = 'finished'
  review.approves = approve
  const row = await runOf(pair, ref, 'review')
  const result = { verdict: approve ? 'approve' : 'request_changes', summary: '', findings: [] }
  await database().run.update({ where: { id: row.id }, data: { status: 'finished', result } })
}

async function prove(pair: Pair, scope: Scope, ref: string, passed: boolean): Promise<void> {
  const task = pair.engine.tasks.find(({ id }) => id === ref)
  if (task) task.proof = passed ? 'passed' : 'failed'
  const run = await runOf(pair, ref, 'implement')
  await database().check.create({
    data: {
      organizationId: scope.organizationId,
      taskId: run.taskId as string,
      runId: run.id,
      phase: 'task',
      attempt: run.attempt,
      acceptanceId: 'A1',
      command: 'true',
      exitCode: passed ? 0 : 1,
      durationMs: 1,
      output: '',
      treeHash: 't',
      commit: run.commit as string,
      passed,
    },
  })
}

async function merged(pair: Pair, ref: string, well: boolean): Promise<void> {
  const task = pair.engine.tasks.find(({ id }) => id === ref)
  if (task?.merge) task.merge.status = well ? 'merged' : 'checks_failed'
  const run = await runOf(pair, ref, 'implement')
  const data = well ? { status: 'merged', mergedCommit: 'm' } : { status: 'checks_failed' }
  await database().merge.update({ where: { runId: run.id }, data })
}

async function answered(pair: Pair, ref: string, detail: number): Promise<void> {
  const task = pair.engine.tasks.find(({ id }) => id === ref)
  if (!task?.decision) return
  const options = task.decision.kind === 'agent_question' ? ['a', 'b'] : ['retry', 'retry', 'skip', 'cancel']
  const answer = options[detail % options.length] as string
  task.decision.status = 'answered'
  task.decision.answer = answer
  const row = await database().decision.findFirstOrThrow({
    where: { requirementId: pair.id, status: 'open', taskId: (await rowOf(pair, ref)).id },
  })
  await database().decision.update({ where: { id: row.id }, data: { status: 'answered', answer } })
}

/** The rows are what the model says, task by task, and each unfinished one names the same kind of actor. */
async function same({ engine, id, setting }: Pair, history: string[]): Promise<void> {
  const row = await database().requirement.findUniqueOrThrow({ where: { id } })
  const tasks = await database().task.findMany({ where: { requirementId: id }, orderBy: { position: 'asc' } })
  const names = new Map([
    [setting.agents.coder, 'Implementer'],
    [setting.agents.validator, 'Validator'],
  ])
  const rows = tasks.map((task) => ({
    ref: task.ref,
    status: task.status === 'waiting' || task.status === 'ready' ? 'ready' : task.status,
    attempt: task.attempt,
    tried: task.agentsTried.map((agent) => names.get(agent)),
    nobody: task.nextActor === 'nobody',
  }))
  const ended = new Set(['done', 'failed', 'cancelled'])
  const wanted = engine.tasks.map((task) => ({
    ref: task.id,
    status: task.status === 'waiting' || task.status === 'ready' ? 'ready' : task.status,
    attempt: task.attempt,
    tried: task.agentsTried,
    nobody: ended.has(task.status),
  }))
  expect({ history, rows, closed: isClosed(row.status as RequirementStatus) }).toEqual({
    history,
    rows: wanted,
    closed: isClosed(engine.status),
  })
}

test('random histories leave the same rows as the model', async () => {
  const setting = await makeSetting(1)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { minLength: 6, maxLength: 22, size: 'max' }),
      async (choices) => {
        const tasks = drafts.map(({ id, needs, checks, files }) => ({
          id,
          dependsOn: needs,
          checks: checks > 0,
          owns: files,
        }))
        // A requirement of a project of its own: files and turns of earlier histories do not reach into it.
        const { organizationId } = setting.scope
        await database().requirement.updateMany({ where: { organizationId }, data: { status: 'cancelled', wants: [] } })
        await database().run.updateMany({ where: { organizationId }, data: { status: 'cancelled' } })
        const slug = crypto.randomUUID()
        const project = await database().project.create({
          data: { organizationId, name: slug, slug, providerMode: 'scripted' },
        })
        const pair: Pair = { engine: modelOf(), setting, id: await makeRequirement(setting, tasks, project.id) }
        const history: string[] = []
        const rest = async (): Promise<void> => {
          for (const step of advanceModel(pair.engine)) history.push(step.kind)
          await look(setting.scope, pair.id)
          await same(pair, history)
        }
        await rest()
        for (const [move, detail] of choices) {
          if (isClosed(pair.engine.status)) return
          const possible = moves(pair)
          await possible[move % possible.length]?.(detail)
          await rest()
        }
      },
    ),
    { numRuns: 12, endOnFailure: true },
  )
})

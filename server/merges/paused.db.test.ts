/** Proofs and merges whose task or requirement people pause: what nobody has begun waits, what is under way finishes. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changePlan } from '#server/planner/changes'
import type { Change, TaskChange } from '#server/planner/model'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { enqueue, stopQueue } from '#server/platform/queue/queue'
import { jobRows } from '#server/platform/queue/testing'
import { proveTask } from '#server/proofs/handlers'
import { sandboxRunner } from '#server/sandbox/registry'
import { lostRows } from '#server/scheduler/repository/lost'
import { look } from '#server/scheduler/testing/setting'
import { mergeTask } from './handlers'
import { atStep } from './testing'

beforeAll(async () => {
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(join(tmpdir(), 'orchestrator-paused-')))
  await sandboxRunner()
})
afterAll(stopQueue)

const steps = {
  proving: {
    handler: proveTask,
    name: 'prove-task',
    tells: 'proof.recorded',
    words: 're-runs the acceptance commands',
  },
  merging: { handler: mergeTask, name: 'merge-task', tells: 'merge.ended', words: 'its turn in the queue' },
} as const
const { signal } = new AbortController()

async function scene(status: 'proving' | 'merging', level: 'task' | 'requirement', command: string) {
  const made = await atStep(status, command)
  const { scope, requirementId, taskId } = made
  const word = (kind: 'pause' | 'resume'): Change =>
    level === 'requirement'
      ? { kind }
      : { kind: 'revise', changes: [{ kind: `${kind}-task`, task: 'T1' } as TaskChange] }
  const change = async (kind: 'pause' | 'resume') => {
    await changePlan(scope, { requirementId, change: word(kind) })
    await look(scope, requirementId)
  }
  const says = async () => {
    const task = await database().task.findUniqueOrThrow({ where: { id: taskId } })
    const merge = await database().merge.findFirst({ where: { taskId } })
    const requirement = await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })
    return [task, ...(merge ? [merge] : []), requirement].map((row) => [row.nextActor, row.nextReason])
  }
  const jobs = async () =>
    (await jobRows(scope.organizationId)).filter(
      ({ state, data }) => state !== 'completed' && data.name === steps[status].name,
    ).length
  return { ...made, change, says, jobs, step: steps[status] }
}

const cases = (['proving', 'merging'] as const).flatMap((status) =>
  (['task', 'requirement'] as const).map((level) => [status, level] as const),
)

test.each(cases)(
  '%s, paused by its %s before a worker took it: it waits, says so, and goes on when it is resumed',
  async (...of) => {
    const { job, change, says, jobs, events, step, organization } = await queued(...of)
    await change('pause')
    for (const said of await says()) expect(said).toEqual(['person', expect.stringContaining('Paused by')])
    await step.handler(job, signal)
    expect(await events()).not.toContain(step.tells)
    expect(await database().check.count({ where: { taskId: job.taskId as string } })).toBe(0)
    for (const said of await says()) expect(said).toEqual(['person', expect.stringContaining('Paused by')])
    await organization.forgetJobs()
    for (const table of ['Task', 'Merge']) {
      await database().$executeRawUnsafe(`update "${table}" set "nextSince" = now() - interval '1 minute'`)
    }
    expect((await lostRows()).filter(({ noun }) => noun !== 'requirement')).toEqual([])
    await change('resume')
    expect(await jobs()).toBe(1)
    for (const said of await says()) expect(said).toEqual(['system', expect.stringContaining(step.words)])
    await step.handler(job, signal)
    expect(await events()).toContain(step.tells)
  },
  60_000,
)

/** Its job lies in the queue, as when all slots of the workers are taken. */
async function queued(...[status, level]: (typeof cases)[number]) {
  const made = await scene(status, level, 'true')
  await transaction((tx) => enqueue(tx, [{ job: { ...made.job, name: made.step.name } }]))
  const forgetJobs = () => database().$executeRaw`delete from pgboss.job where group_id = ${made.scope.organizationId}`
  return { ...made, organization: { forgetJobs } }
}

test('resumed before a worker came to it, its job is not put into the queue twice', async () => {
  const { change, jobs } = await queued('proving', 'requirement')
  await change('pause')
  await change('resume')
  expect(await jobs()).toBe(1)
})

test.each(cases)(
  '%s, paused by its %s while its commands run: it finishes',
  async (...of) => {
    const { job, change, events, step } = await scene(...of, 'sleep 3')
    const working = step.handler(job, signal)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await change('pause')
    await working
    expect(await events()).toContain(step.tells)
    const merge = await database().merge.findFirst({ where: { taskId: job.taskId as string } })
    expect(merge?.status ?? 'merged').toBe('merged')
  },
  60_000,
)

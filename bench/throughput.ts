import { parseArgs } from 'node:util'
import { database } from '#server/platform/database/client'
import { BareQueue, createJournal, journalRow } from './bare-queue'
import { makeProject, SLOTS, startWorker, withBed } from './engine'
import { layers, noOpAssignmentFor, submitGraph, untilEnded } from './no-op'
import { meter } from './processor-time'
import { keep, printTable, ratio } from './report'
import { readStatements, resetStatements, type Statement, totals } from './statements'

const JOURNAL_ROWS = 5
const GOAL = 0.5

const { values: given } = parseArgs({
  options: { jobs: { type: 'string', default: '2000' }, requirements: { type: 'string', default: '20' } },
})
/** Tasks of one requirement: a plan of usual size, half of its tasks waiting for the other half. */
const TASKS = 20

interface Figures {
  count: number
  perSecond: number
  /** of one job or task */
  processMs: number
  postgresMs: number | null
  statements: number
  statementMs: number
}

/** Counts what `work` used, divided by `count`. */
async function perPiece(
  postgres: number,
  count: number,
  work: () => Promise<void>,
): Promise<{ figures: Figures; statements: Statement[] }> {
  await resetStatements()
  const read = meter(postgres)
  await work()
  const used = read()
  const statements = await readStatements()
  const { calls, ms } = totals(statements)
  const each = (value: number) => Math.round((value / count) * 100) / 100
  const figures = {
    count,
    perSecond: Math.round((count * 1000) / used.wall),
    processMs: each(used.process),
    postgresMs: used.postgres === null ? null : each(used.postgres),
    statements: each(calls),
    statementMs: each(ms),
  }
  return { figures, statements }
}

/** Jobs that lie in the queue when the clock starts; each writes its five rows one by one, then is completed. */
async function bareQueue(url: string, postgres: number, count: number) {
  let left = count
  let finished: () => void = () => {}
  const end = new Promise<void>((resolve) => (finished = resolve))
  const queue = new BareQueue(url, SLOTS.long, async ({ number }) => {
    for (let step = 0; step < JOURNAL_ROWS; step += 1) await journalRow(queue.pool, number, step)
    left -= 1
    if (left === 0) finished()
  })
  await createJournal(queue.pool)
  await queue.start()
  const result = await perPiece(postgres, count, async () => {
    await queue.send(Array.from({ length: count }, (_, number) => ({ number })))
    await end
  })
  await queue.stop()
  return result
}

async function engine(postgres: number, requirements: number) {
  const { scope, projectId } = await makeProject(SLOTS.long)
  const stop = await startWorker({ assignmentFor: noOpAssignmentFor() })
  const graph = layers(TASKS, TASKS / 2)
  await untilEnded(await submitGraph(scope, projectId, graph)) // not counted: caches, connections, the workspace
  const result = await perPiece(postgres, requirements * TASKS, async () => {
    const submitted = Array.from({ length: requirements }, () => submitGraph(scope, projectId, graph))
    for (const id of await Promise.all(submitted)) {
      if (!(await untilEnded(id))) throw new Error('a requirement did not end')
    }
  })
  await stop()
  const tasks = await database().task.groupBy({ by: ['status'], where: { projectId }, _count: true })
  const done = tasks.find(({ status }) => status === 'done')?._count
  if (done !== (requirements + 1) * TASKS) throw new Error(`not every task was done: ${JSON.stringify(tasks)}`)
  return result
}

await withBed(async ({ url, postgres }) => {
  const bare = await bareQueue(url, postgres, Number(given.jobs))
  const ours = await engine(postgres, Number(given.requirements))
  const row = (what: string, figures: Figures) => [
    what,
    figures.count,
    figures.perSecond,
    figures.processMs,
    figures.postgresMs ?? 'n/a',
    figures.statements,
    figures.statementMs,
    ratio(figures.perSecond, bare.figures.perSecond),
  ]
  printTable(
    `No-op work, ${SLOTS.long} at the same time; goal: ${GOAL} × the jobs of the bare queue`,
    ['what', 'count', 'per s', 'process CPU ms', 'Postgres CPU ms', 'statements', 'ms in them', '×'],
    [row(`bare queue, ${JOURNAL_ROWS} journal rows a job`, bare.figures), row('engine, whole tasks', ours.figures)],
  )
  const count = ours.figures.count
  printTable(
    'The costliest statements of the engine, of one task',
    ['calls', 'ms', 'statement'],
    ours.statements
      .slice(0, 25)
      .map(({ calls, ms, query }) => [
        Math.round((calls / count) * 100) / 100,
        Math.round((ms / count) * 1000) / 1000,
        query,
      ]),
  )
  keep('throughput', {
    goal: GOAL,
    slots: SLOTS,
    tasksOfOneRequirement: TASKS,
    bare: bare.figures,
    engine: ours.figures,
    statements: ours.statements.slice(0, 150),
  })
})

import { parseArgs } from 'node:util'
import { database } from '#server/platform/database/client'
import { makeProject, SLOTS, startWorker, withBed } from './engine'
import { layers, noOpAssignmentFor, submitGraph, untilEnded } from './no-op'
import { meter } from './processor-time'
import { keep, printTable } from './report'
import { readStatements, resetStatements, totals } from './statements'

const { values: given } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100,1000,10000' },
    /** seconds after which one size is given up; its cost is that of the tasks done so far */
    limit: { type: 'string', default: '180' },
  },
})

/** Tasks of one plan in the usual layout. */
const USUAL_PLAN = 40

interface Row {
  layout: string
  size: number
  done: number
  /** of one task */
  statements: number
  statementMs: number
  processMs: number
  postgresMs: number | null
  wallMs: number
}

/** `size` tasks in one project of its own, in plans of `planSize`. */
async function measure(postgres: number, layout: string, size: number, planSize: number): Promise<Row> {
  const stop = await startWorker({ assignmentFor: noOpAssignmentFor() })
  const { scope, projectId } = await makeProject(SLOTS.long)
  await untilEnded(await submitGraph(scope, projectId, layers(2, 2))) // not counted: the workspace is made
  const before = await database().task.count({ where: { projectId, status: 'done' } })
  await resetStatements()
  const read = meter(postgres)
  const deadline = performance.now() + Number(given.limit) * 1000
  for (let submitted = 0; submitted < size && performance.now() < deadline; submitted += planSize) {
    const count = Math.min(planSize, size - submitted)
    const id = await submitGraph(scope, projectId, layers(count, Math.min(count, 20)))
    await untilEnded(id, deadline - performance.now())
  }
  const used = read()
  const { calls, ms } = totals(await readStatements())
  const done = (await database().task.count({ where: { projectId, status: 'done' } })) - before
  await stop()
  // What was given up must not go on beside the next size.
  await database().requirement.updateMany({ where: { projectId, closedAt: null }, data: { status: 'cancelled' } })
  const each = (value: number) => Math.round((value / Math.max(1, done)) * 100) / 100
  return {
    layout,
    size,
    done,
    statements: each(calls),
    statementMs: each(ms),
    processMs: each(used.process),
    postgresMs: used.postgres === null ? null : each(used.postgres),
    wallMs: each(used.wall),
  }
}

/** How the cost of a task grows per factor of ten: 0 is flat, 1 is in proportion to the number of tasks. */
function slope(rows: readonly Row[], of: (row: Row) => number): number {
  const points = rows.map((row) => [Math.log10(row.done), Math.log10(Math.max(of(row), 1e-6))] as const)
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))]
  const above = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0)
  const below = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0)
  return Math.round((above / below) * 100) / 100
}

await withBed(async ({ postgres }) => {
  const rows: Row[] = []
  const slopes: Record<string, { statements: number; statementMs: number; cpu: number }> = {}
  for (const [layout, planSize] of [
    [`plans of ${USUAL_PLAN}`, USUAL_PLAN],
    ['one plan', Number.POSITIVE_INFINITY],
  ] as const) {
    const own: Row[] = []
    for (const size of given.sizes.split(',').map(Number)) {
      own.push(await measure(postgres, layout, size, Math.min(planSize, size)))
      process.stdout.write(`${layout}, ${size} tasks: ${JSON.stringify(own.at(-1))}\n`)
    }
    rows.push(...own)
    slopes[layout] = {
      statements: slope(own, (row) => row.statements),
      statementMs: slope(own, (row) => row.statementMs),
      cpu: slope(own, (row) => row.processMs + (row.postgresMs ?? 0)),
    }
  }
  printTable(
    'What one task costs when its project has so many; 0 is flat, 1 grows with the number of tasks',
    ['layout', 'tasks', 'done', 'statements', 'ms in them', 'process CPU ms', 'Postgres CPU ms', 'ms'],
    rows.map((row) => [
      row.layout,
      row.size,
      row.done,
      row.statements,
      row.statementMs,
      row.processMs,
      row.postgresMs ?? 'n/a',
      row.wallMs,
    ]),
  )
  printTable(
    'Slope (exponent of the number of tasks)',
    ['layout', 'statements', 'ms in them', 'CPU'],
    Object.entries(slopes).map(([layout, own]) => [layout, own.statements, own.statementMs, own.cpu]),
  )
  keep('growth', { rows, slopes })
})

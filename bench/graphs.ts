import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { database } from '#server/platform/database/client'
import { environmentVariable } from '#server/platform/env/inherited'
import { makeProject, startWorker, withBed } from './engine'
import { chain, noOpAssignmentFor, submitGraph, untilEnded, type Work } from './no-op'
import { keep, printTable, ratio, spread } from './report'
import { criticalPath, scheduleBound, type TimedTask } from './schedule'

const GOAL = 1.05
/** Milliseconds between two looks at the event loop. */
const LOOP_RESOLUTION = 2

const { values: given } = parseArgs({
  options: {
    graphs: { type: 'string' },
    slots: { type: 'string', default: '2,8,32' },
    /** milliseconds of replay for one second of the graph */
    scale: { type: 'string', default: '1' },
    /** seconds after which one replay is given up */
    limit: { type: 'string', default: '240' },
    only: { type: 'string', default: '' },
  },
})

const fileSchema = z.object({
  tasks: z.array(z.object({ id: z.string(), dependsOn: z.array(z.string()), seconds: z.number() })),
})

/** The graph with refs as plans have them, and seconds as milliseconds. */
function readGraph(file: string): TimedTask[] {
  const { tasks } = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  const refs = new Map(tasks.map(({ id }, index) => [id, `T${index + 1}`]))
  const scale = Number(given.scale)
  return tasks.map(({ id, dependsOn, seconds }) => ({
    id: refs.get(id) as string,
    dependsOn: dependsOn.map((dependency) => refs.get(dependency) as string),
    ms: seconds * scale,
  }))
}

interface Interval {
  begin: number
  end: number
}

/** Lets "agents" take their time and writes down when. */
function clockedWork(tasks: readonly TimedTask[]): { work: Work; intervals: Map<string, Interval> } {
  const lengths = new Map(tasks.map(({ id, ms }) => [id, ms]))
  const intervals = new Map<string, Interval>()
  const work: Work = async (ref, signal) => {
    const begin = performance.now()
    const ms = lengths.get(ref) ?? 0
    if (ms > 0) await sleep(ms, undefined, { signal })
    intervals.set(ref, { begin, end: performance.now() })
  }
  return { work, intervals }
}

interface Replayed {
  /** milliseconds from the first task's start to the last one's end; null when it was given up */
  makespan: number | null
  done: number
  /** middle of: work of a dependency ended → work of its only dependant began */
  intervals: Map<string, Interval>
}

async function replay(tasks: readonly TimedTask[], slots: number): Promise<Replayed> {
  const { work, intervals } = clockedWork(tasks)
  const stop = await startWorker({
    assignmentFor: noOpAssignmentFor(work),
    slots: { quick: 4, long: slots + 16, message: 4 }, // the agent's slots are what is measured, not the worker's
  })
  const { scope, projectId } = await makeProject(slots)
  const id = await submitGraph(scope, projectId, tasks)
  const ended = await untilEnded(id, Number(given.limit) * 1000)
  await stop()
  const done = await database().task.count({ where: { requirementId: id, status: 'done' } })
  const times = [...intervals.values()]
  const makespan = Math.max(...times.map(({ end }) => end)) - Math.min(...times.map(({ begin }) => begin))
  if (!ended) await database().requirement.update({ where: { id }, data: { status: 'cancelled' } })
  return { makespan: ended && done === tasks.length ? makespan : null, done, intervals }
}

/** Milliseconds from the end of an agent's work to the beginning of the next agent's, one task after the other. */
async function dispatchMs(): Promise<number> {
  const tasks = chain(20).map((task) => ({ ...task, ms: 0 }))
  const { intervals } = await replay(tasks, 2)
  const gaps = tasks.flatMap(({ id, dependsOn }) => {
    const before = intervals.get(dependsOn[0] ?? '')
    const own = intervals.get(id)
    return before && own ? [own.begin - before.end] : []
  })
  return spread(gaps.slice(5)).p50
}

async function measure(name: string, tasks: TimedTask[], slots: number, dispatch: number) {
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION })
  let memory = 0
  const watch = setInterval(() => (memory = Math.max(memory, process.memoryUsage().rss)), 100)
  loop.enable()
  const { makespan, done } = await replay(tasks, slots)
  loop.disable()
  clearInterval(watch)
  const withDispatch = tasks.map((task) => ({ ...task, ms: task.ms + dispatch }))
  const bound = scheduleBound(tasks, slots)
  return {
    name,
    tasks: tasks.length,
    slots,
    criticalPath: criticalPath(tasks),
    bound,
    boundWithDispatch: scheduleBound(withDispatch, slots),
    makespan,
    done,
    memoryMb: Math.round(memory / 2 ** 20),
    loopLagP99: Math.max(0, Math.round(loop.percentile(99) / 1e5) / 10 - LOOP_RESOLUTION),
  }
}

const folder = given.graphs ?? environmentVariable('BENCH_GRAPHS')
if (!folder || !existsSync(folder)) {
  process.stdout.write(
    '\nSKIPPED graphs: no folder of graphs. Give one with --graphs FOLDER or BENCH_GRAPHS: JSON files {"tasks": [{"id", "dependsOn", "seconds"}]}.\n',
  )
} else {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json') && file.includes(given.only))
  const graphs = files.map((file) => ({
    name: path.basename(file, '.json'),
    tasks: readGraph(path.join(folder, file)),
  }))
  graphs.sort((one, other) => one.tasks.length - other.tasks.length)
  await withBed(async () => {
    const dispatch = await dispatchMs()
    const figures: Awaited<ReturnType<typeof measure>>[] = []
    for (const { name, tasks } of graphs) {
      for (const slots of given.slots.split(',').map(Number)) {
        figures.push(await measure(name, tasks, slots, dispatch))
        process.stdout.write(`${name}, ${slots} slots: ${figures.at(-1)?.makespan?.toFixed(0) ?? 'given up'} ms\n`)
      }
    }
    printTable(
      `Replays, one second of the graph in ${given.scale} ms; dispatch ${dispatch} ms; goal ${GOAL} plus dispatch`,
      ['graph', 'tasks', 'slots', 'bound ms', 'took ms', '×', '× with dispatch', 'MB', 'loop lag p99 ms'],
      figures.map((row) => [
        row.name,
        row.tasks,
        row.slots,
        Math.round(row.bound),
        row.makespan === null ? `given up after ${row.done}` : Math.round(row.makespan),
        row.makespan === null ? 'n/a' : ratio(row.makespan, row.bound),
        row.makespan === null ? 'n/a' : ratio(row.makespan, row.boundWithDispatch),
        row.memoryMb,
        row.loopLagP99,
      ]),
    )
    keep('graphs', { goal: GOAL, dispatch, scale: Number(given.scale), replays: figures })
  })
}

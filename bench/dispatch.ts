import { database } from '#server/platform/database/client'
import { BareQueue, createJournal, journalRow } from './bare-queue'
import { makeProject, startWorker, withBed } from './engine'
import { chain, noOpAssignmentFor, submitGraph, untilEnded } from './no-op'
import { keep, printTable, ratio, type Spread, spread } from './report'

const HAND_OVERS = 200
/** Left out at the beginning: nothing is compiled or connected for the first time any more. */
const WARM_UP = 20
const GOAL = 1.5

/** Milliseconds of this process's clock ahead of the database's, judged by the quickest of several answers. */
async function clockOffset(): Promise<number> {
  let best = { took: Number.POSITIVE_INFINITY, offset: 0 }
  for (let round = 0; round < 30; round += 1) {
    const before = performance.now()
    const [row] = await database().$queryRaw<{ now: number }[]>`
      select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`
    const took = performance.now() - before
    const middle = performance.timeOrigin + before + took / 2
    if (took < best.took) best = { took, offset: middle - (row?.now ?? 0) }
  }
  return best.offset
}

const clock = () => performance.timeOrigin + performance.now()

interface HandOvers {
  /** from the commit of what was waited for to the call of the handler */
  called: Spread
  /** from that commit to the commit of the first thing that the handler writes */
  begun: Spread
}

function measured(pairs: { done: number; called: number; begun: number }[]): HandOvers {
  const counted = pairs.slice(WARM_UP)
  return {
    called: spread(counted.map(({ done, called }) => called - done)),
    begun: spread(counted.map(({ done, begun }) => begun - done)),
  }
}

/** A job that is done in one transaction with the next one's sending, again and again. */
async function bareQueue(url: string, offset: number): Promise<HandOvers> {
  const called: number[] = []
  let finished: () => void = () => {}
  const end = new Promise<void>((resolve) => (finished = resolve))
  const queue = new BareQueue(url, 8, async ({ number }) => {
    called[number] = clock() - offset
    await journalRow(queue.pool, number, 0)
    const done = { text: `insert into bare_journal (job, step, content) values ($1, 1, '{}')`, values: [number] }
    if (number === HAND_OVERS) return finished()
    await queue.send([{ number: number + 1 }], done)
  })
  await createJournal(queue.pool)
  await queue.start()
  await queue.send([{ number: 0 }])
  await end
  const { rows } = await queue.pool.query<{ number: number; done: number; begun: number }>(
    `select a.job as number,
       extract(epoch from pg_xact_commit_timestamp(a.xmin))::float8 * 1000 as done,
       extract(epoch from pg_xact_commit_timestamp(b.xmin))::float8 * 1000 as begun
     from bare_journal a join bare_journal b on b.job = a.job + 1 and b.step = 0 where a.step = 1 order by a.job`,
  )
  await queue.stop()
  return measured(rows.map(({ number, done, begun }) => ({ done, begun, called: called[number + 1] as number })))
}

interface Hop {
  runId: string
  done: number
  begun: number
}

/** The engine: one chain of tasks; a hand-over begins with the commit that makes the dependency done. */
async function engine(offset: number): Promise<HandOvers & { whole: Spread }> {
  const called = new Map<string, number>()
  const onRun = (runId: string) => called.has(runId) || called.set(runId, clock() - offset)
  const stop = await startWorker({ assignmentFor: noOpAssignmentFor(), onRun: (runId) => void onRun(runId) })
  const { scope, projectId } = await makeProject(8)
  const id = await submitGraph(scope, projectId, chain(HAND_OVERS + 1))
  if (!(await untilEnded(id))) throw new Error('the chain did not end')
  await stop()
  const hops = await database().$queryRaw<(Hop & { ended: number })[]>`
    select begun."runId"::text as "runId",
      extract(epoch from pg_xact_commit_timestamp(ended.xmin))::float8 * 1000 as ended,
      extract(epoch from pg_xact_commit_timestamp(done.xmin))::float8 * 1000 as done,
      extract(epoch from pg_xact_commit_timestamp(begun.xmin))::float8 * 1000 as begun
    from "Event" done
    join "Dependency" d on d."dependsOnId" = done."taskId"
    join "Run" run on run."taskId" = d."taskId" and run.purpose = 'implement'
    join "Event" begun on begun."runId" = run.id and begun.type = 'run.started'
    join "Run" before on before."taskId" = done."taskId" and before.purpose = 'implement'
    join "Event" ended on ended."runId" = before.id and ended.type = 'run.finished'
    where done.type = 'task.finished' and done."requirementId" = ${id}::uuid order by done.sequence`
  const pairs = hops.map((hop) => ({ ...hop, called: called.get(hop.runId) ?? Number.NaN }))
  const whole = spread(pairs.slice(WARM_UP).map(({ ended, begun }) => begun - ended))
  return { ...measured(pairs), whole }
}

await withBed(async ({ url }) => {
  const offset = await clockOffset()
  const bare = await bareQueue(url, offset)
  const ours = await engine(offset)
  const row = (what: string, { count, p50, p99, max }: Spread, peer?: Spread) => [
    what,
    count,
    p50,
    p99,
    max,
    peer ? ratio(p50, peer.p50) : '',
    peer ? ratio(p99, peer.p99) : '',
  ]
  printTable(
    `Milliseconds from one thing done to the next one begun, one after the other; goal ${GOAL} × the bare queue`,
    ['hand-over', 'count', 'p50', 'p99', 'most', 'p50 ×', 'p99 ×'],
    [
      row('bare queue: commit → handler called', bare.called),
      row('engine: dependency done → handler called', ours.called, bare.called),
      row('bare queue: commit → first write committed', bare.begun),
      row('engine: dependency done → run started, committed', ours.begun, bare.begun),
      row("engine: dependency's run ended → run started", ours.whole, bare.begun),
    ],
  )
  keep('dispatch', { goal: GOAL, handOvers: HAND_OVERS, bare, engine: ours })
})

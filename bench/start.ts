import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { nextFreePort } from '#server/cli/ports'
import { PROJECT, packageFile } from '#server/cli/project'
import { ensureBuilt, isBuilt } from '#server/cli/web-build'
import { database } from '#server/platform/database/client'
import { inheritedEnvironment } from '#server/platform/env/inherited'
import { ensureDemoProject } from '#server/setup/commands'
import { forgetForeignSettings, submitSampleText, temporaryFolder, untilClosed, withProduct } from './product'
import { keep, printTable, ratio, spread } from './report'

const ROUNDS = 3
/** Seconds: what people are promised, or put up with. */
const BUDGETS = { cold: 15, warm: 10, build: 120, requirement: 120 }

const { values: given } = parseArgs({
  options: { 'with-build': { type: 'boolean', default: false }, pace: { type: 'string', default: '15' } },
})

const secondsSince = (start: number) => Math.round((performance.now() - start) / 10) / 100

/** Waits for an answer that `good` accepts; fails when the program ended first. */
async function untilAnswers(child: ReturnType<typeof spawn>, url: string, good: (status: number) => boolean) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode} before it answered`)
    const response = await fetch(url).catch(() => null)
    if (response && good(response.status)) return
    await sleep(20)
  }
}

async function stopped(child: ReturnType<typeof spawn>): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** Types what people type, without npm; seconds until `GET /api/health` says yes, and until it has stopped again. */
async function startOnce(dataDir: string): Promise<{ start: number; stop: number }> {
  const port = await nextFreePort(3700, '127.0.0.1')
  const begin = performance.now()
  const arguments_ = ['--import', 'tsx', 'server/cli/main.ts', 'start', '--no-build', '--data', dataDir]
  const child = spawn(process.execPath, [...arguments_, '--port', String(port)], {
    cwd: PROJECT,
    env: inheritedEnvironment(),
    stdio: 'ignore',
  })
  await untilAnswers(child, `http://127.0.0.1:${port}/api/health`, (status) => status === 200)
  const start = secondsSince(begin)
  await sleep(2_000) // it announces itself after the first healthy answer
  const end = performance.now()
  await stopped(child)
  return { start, stop: secondsSince(end) }
}

/** The limit: the same built web interface with nothing around it, to the first file it gives out. */
async function webAlone(): Promise<number> {
  const port = await nextFreePort(3700, '127.0.0.1')
  const begin = performance.now()
  const child = spawn(process.execPath, [packageFile('next/dist/bin/next'), 'start', '-p', String(port)], {
    cwd: PROJECT,
    env: inheritedEnvironment({ NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }),
    stdio: 'ignore',
  })
  await untilAnswers(child, `http://127.0.0.1:${port}/live-worker.js`, () => true)
  const seconds = secondsSince(begin)
  await stopped(child)
  return seconds
}

async function measureStarts() {
  const figures = { cold: [] as number[], warm: [] as number[], stop: [] as number[], webAlone: [] as number[] }
  for (let round = 0; round < ROUNDS; round += 1) {
    const dataDir = temporaryFolder()
    const cold = await startOnce(dataDir)
    const warm = await startOnce(dataDir)
    figures.cold.push(cold.start)
    figures.warm.push(warm.start)
    figures.stop.push(cold.stop, warm.stop)
    figures.webAlone.push(await webAlone())
    rmSync(dataDir, { recursive: true, force: true })
  }
  return figures
}

const durations = (rows: { startedAt: Date | null; endedAt: Date | null }[]) =>
  rows.reduce((sum, { startedAt, endedAt }) => sum + (startedAt && endedAt ? +endedAt - +startedAt : 0), 0) / 1000

/** What a requirement has cost: everything the engine keeps anyway. */
async function spent(requirementId: string) {
  const runs = await database().run.findMany({ where: { requirementId }, include: { turns: true } })
  const runId = { in: runs.map(({ id }) => id) }
  const tasks = await database().task.findMany({ where: { requirementId }, select: { id: true } })
  const taskId = { in: tasks.map(({ id }) => id) }
  const commands = await database().toolCall.findMany({ where: { runId, name: 'run_command' } })
  const checks = await database().check.findMany({ where: { taskId } })
  const turns = runs.flatMap((run) => run.turns)
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  return {
    tasks: tasks.length,
    runs: runs.length,
    modelCalls: turns.length,
    tokens: sum(turns.map((turn) => turn.inputTokens + turn.cacheReadTokens + turn.outputTokens)),
    toolCalls: await database().toolCall.count({ where: { runId } }),
    sandboxCommands: commands.length + checks.length,
    merges: await database().merge.count({ where: { taskId, status: 'merged' } }),
    events: await database().event.count({ where: { requirementId } }),
    modelSeconds: durations(turns),
    sandboxSeconds: durations(commands) + sum(checks.map((check) => check.durationMs)) / 1000,
  }
}

async function measureRequirement(paceMs: string) {
  let figures: (Awaited<ReturnType<typeof spent>> & { seconds: number; status: string; decisions: number }) | undefined
  await withProduct({ SCRIPTED_PACE_MS: paceMs }, async () => {
    const { scope, projectId } = await ensureDemoProject()
    const begin = performance.now()
    const id = await submitSampleText(scope, projectId)
    const { status, answered } = await untilClosed(scope, id)
    figures = { seconds: secondsSince(begin), status, decisions: answered, ...(await spent(id)) }
  })
  if (!figures) throw new Error('the requirement was not measured')
  return figures
}

forgetForeignSettings()
let build: number | null = null
if (given['with-build']) {
  rmSync(`${PROJECT}/.next/BUILD_ID`, { force: true })
  const begin = performance.now()
  await ensureBuilt({ projectFolder: PROJECT, onLine: () => {} })
  build = secondsSince(begin)
} else if (!isBuilt(PROJECT)) {
  throw new Error('The web interface is not built from these sources: run `npm run build`, or add --with-build.')
}
const starts = await measureStarts()
const requirement = await measureRequirement(given.pace)

const limit = spread(starts.webAlone).p50
const row = (name: string, values: number[], budget: number | '') => {
  const { p50, max } = spread(values)
  return [name, p50, max, budget, budget === '' ? '' : ratio(p50, budget), ratio(p50, limit)]
}
printTable(
  `Seconds, middle of ${ROUNDS} rounds`,
  ['what', 'middle', 'most', 'budget', 'to budget', 'to the web server alone'],
  [
    row('web server alone (the limit)', starts.webAlone, ''),
    row('start, empty data folder', starts.cold, BUDGETS.cold),
    row('start again on the same data', starts.warm, BUDGETS.warm),
    row('stop', starts.stop, ''),
    ...(build === null ? [] : [row('build of the web interface', [build], BUDGETS.build)]),
  ],
)
const { seconds, status, ...costs } = requirement
printTable(
  `The sample requirement, ended ${status}, models pausing ${given.pace} ms between pieces of text`,
  ['what', 'figure'],
  [
    ['seconds from submitted to ended', seconds],
    ['ratio to the budget', ratio(seconds, BUDGETS.requirement)],
    ['ratio to the time its models and sandboxes worked', ratio(seconds, costs.modelSeconds + costs.sandboxSeconds)],
    ...Object.entries(costs).map(([name, value]) => [name, Math.round(value * 100) / 100]),
  ],
)
keep('start', { build, starts, paceMs: Number(given.pace), requirement })

import path from 'node:path'
import { parseArgs } from 'node:util'
import { systemScope } from '#server/auth/gate'
import { decisionKindSchema } from '#server/decisions/model'
import { backtestKind } from '#server/decisions/precedents'
import { backtest, refusals } from '#server/decisions/rules/backtest'
import { backtestLines } from '#server/decisions/rules/backtest-text'
import { madeHistory } from '#server/decisions/rules/made-history'
import { closeDatabase, database } from '#server/platform/database/client'
import { startEmbeddedPostgres } from '#server/platform/database/embedded'
import { environmentVariable, setEnvironmentVariable } from '#server/platform/env/inherited'
import { complain, say } from '../output'
import { loadEnvironmentFiles } from '../product'
import { PROJECT } from '../project'

/**
 * `precedents`: the backtest of answering by precedent, on a made-up team's history (a stated rule plus noise), or with
 * `--organization SLUG --kind KIND` on an organization's own recorded decisions.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: '1' },
      noise: { type: 'string', default: '0.1' },
      count: { type: 'string', default: '500' },
      threshold: { type: 'string', default: '0.8' },
      organization: { type: 'string' },
      kind: { type: 'string', default: 'task_failed' },
      data: { type: 'string' },
    },
  })
  const threshold = within(values.threshold, 0.5, 0.99)
  if (threshold === null) return refuse('--threshold takes a number from 0.5 to 0.99.')
  if (values.organization) return ofOrganization(values.organization, values.kind, threshold, values.data)
  const [seed, noise, count] = [
    within(values.seed, 0, 2 ** 32),
    within(values.noise, 0, 1),
    within(values.count, 1, 5_000),
  ]
  if (seed === null || noise === null || count === null) {
    return refuse('--seed takes a whole number, --noise one from 0 to 1, --count one up to 5000.')
  }
  const report = backtest(madeHistory({ seed, noise, count }), threshold)
  say(`A made-up team that follows a stated rule and deviates in ${(noise * 100).toFixed(0)} % of cases; seed ${seed}.`)
  say()
  for (const line of backtestLines(report, refusals(report), 1 - noise)) say(line)
  return 0
}

function within(text: string, least: number, most: number): number | null {
  const value = Number(text)
  return text.trim() !== '' && value >= least && value <= most ? value : null
}

function refuse(message: string): number {
  complain(message)
  return 2
}

async function ofOrganization(slug: string, kind: string, threshold: number, data?: string): Promise<number> {
  const wanted = decisionKindSchema.safeParse(kind)
  if (!wanted.success) return refuse(`--kind takes one of: ${decisionKindSchema.options.join(', ')}.`)
  loadEnvironmentFiles()
  const folder = path.resolve(PROJECT, data ?? environmentVariable('ORCHESTRATOR_DATA') ?? '.data')
  const given = environmentVariable('DATABASE_URL')
  const started = given ? { url: given, stop: async () => {} } : await startEmbeddedPostgres({ folder, log: say })
  setEnvironmentVariable('DATABASE_URL', started.url)
  try {
    const organization = await database().organization.findUnique({ where: { slug } })
    if (!organization) return refuse(`There is no organization "${slug}".`)
    const { report, refusals: reasons } = await backtestKind(systemScope(organization.id), wanted.data, threshold)
    say(`${organization.name}: answers to ${wanted.data.replaceAll('_', ' ')}, as people gave them.`)
    say()
    for (const line of backtestLines(report, reasons)) say(line)
    return 0
  } finally {
    await closeDatabase()
    await started.stop()
  }
}

/**
 * How well and how fast signals are taken in: `npm run bench:signals -- --payloads FOLDER [--labels FILE --count N]`.
 *
 * First every payload of a folder (a folder for each tool; GitHub's names begin with the event) is judged by the rules and
 * held against a file of labels: macro-F1 for each field. Then signed deliveries are posted to the REST app on an embedded
 * Postgres, and a worker in this process routes them; the peer is the bare insert of the same bytes into the same table.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { sign } from '@octokit/webhooks-methods'
import type { Scope } from '#server/auth/model'
import { PROJECT } from '#server/cli/project'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { until } from '#server/platform/queue/testing'
import { workAssignment } from '#server/runs/assignment'
import { addSource, type NewSource } from '#server/signals/commands/sources'
import { noMapping, sourceKindSchema } from '#server/signals/model'
import { sourceOf } from '#server/signals/registry'
import { classify } from '#server/signals/rules/classify'
import { fields, type Judgement, labelOf, macroF1, readLabels } from '#server/signals/rules/score'
import { makeProject, startWorker, withBed } from './engine'
import { keep, printTable, spread } from './report'

const { values: given } = parseArgs({
  options: {
    payloads: { type: 'string' },
    labels: { type: 'string', default: path.join(PROJECT, 'server/signals/sources/__fixtures__/payload-labels.json') },
    count: { type: 'string', default: '300' },
  },
})
/** Deliveries a second while measuring. */
const RATE = 20

interface Payload {
  /** relative to the folder */
  file: string
  tool: string
  event: string
  text: string
}

/** Payloads of a folder; a file directly in it belongs to the tool its name begins with, else to GitHub. */
function payloads(folder: string): Payload[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    if (!entry.isFile() || !entry.name.endsWith('.json')) return []
    const file = path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/')
    const words = [file.split('/')[0] ?? '', entry.name.split(/[._-]/)[0] ?? '']
    const tool = words.find((word) => sourceKindSchema.safeParse(word).success) ?? 'github'
    const event = tool === 'github' ? (entry.name.split('.')[0] ?? '') : ''
    return [{ file, tool, event, text: readFileSync(path.join(folder, file), 'utf8') }]
  })
}

const nothing: Judgement = { kind: '', urgency: '', impact: '' }

function judge({ tool, event, text }: Payload): Judgement {
  const reading = sourceOf(sourceKindSchema.parse(tool)).read(JSON.parse(text), { event, mapping: noMapping })
  const [first] = 'candidates' in reading ? reading.candidates : []
  return (first && classify(first.facts)) ?? nothing
}

/** Prints macro-F1 by field, and what was judged otherwise than labelled. */
function score(all: Payload[], labels: ReadonlyMap<string, Judgement>): Record<string, number> {
  const judged = all.map((payload) => ({
    file: payload.file,
    given: judge(payload),
    wanted: labelOf(labels, payload.file),
  }))
  const labelled = judged.flatMap(({ wanted, ...rest }) => (wanted ? [{ ...rest, wanted }] : []))
  const figures = Object.fromEntries(
    fields.map((field) => [
      field,
      macroF1(labelled.map(({ wanted, given }) => [wanted[field], given[field]] as const)),
    ]),
  )
  const exact = (field: (typeof fields)[number]) =>
    labelled.filter((one) => one.wanted[field] === one.given[field]).length
  printTable(
    `${labelled.length} labelled of ${all.length} payloads, judged by rules alone`,
    ['Field', 'Macro-F1', 'Exact'],
    fields.map((field) => [field, Math.round((figures[field] ?? 0) * 1000) / 1000, exact(field)]),
  )
  const other = labelled.flatMap(({ file, wanted, given }) =>
    fields
      .filter((field) => wanted[field] !== given[field])
      .map((field) => [file, field, wanted[field], given[field] || 'none']),
  )
  if (other.length > 0) printTable('Judged otherwise', ['Payload', 'Field', 'Label', 'Rule'], other)
  return figures
}

async function sources(scope: Scope, projectId: string): Promise<Map<string, NewSource>> {
  const made = new Map<string, NewSource>()
  for (const kind of sourceKindSchema.options) made.set(kind, await addSource(scope, { projectId, kind, label: kind }))
  return made
}

async function headersOf(
  source: NewSource,
  tool: string,
  event: string,
  text: string,
): Promise<Record<string, string>> {
  const json = { 'content-type': 'application/json' }
  if (tool !== 'github') return { ...json, authorization: `Bearer ${source.secret}`, 'x-gitlab-token': source.secret }
  const signature = await sign(source.secret, text)
  return { ...json, 'x-github-event': event, 'x-github-delivery': randomUUID(), 'x-hub-signature-256': signature }
}

/** A failing run of its own branch: each becomes a signal of its own, classified, routed, written. */
function failing(number: number): string {
  return JSON.stringify({
    action: 'completed',
    workflow_run: {
      ...{ id: number, name: 'CI', head_branch: `change-${number}`, conclusion: 'failure', status: 'completed' },
      ...{ head_sha: number.toString(16).padStart(40, 'a'), html_url: `https://github.com/a/b/actions/runs/${number}` },
    },
    repository: { full_name: 'a/b', default_branch: 'main' },
    padding: 'x'.repeat(8_000),
  })
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Posts every payload once; how many were answered with which status, and how many became signals. */
async function through(all: Payload[], made: Map<string, NewSource>, post: Post) {
  const statuses = new Map<number, number>()
  for (const { tool, event, text } of all) {
    const source = made.get(tool) as NewSource
    const { status } = await post(source.path, text, await headersOf(source, tool, event, text))
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  await until(async () => (await database().inboundDelivery.count({ where: { status: 'accepted' } })) === 0)
  return { statuses: Object.fromEntries(statuses), signals: await database().signal.count() }
}

type Post = (path: string, text: string, headers: Record<string, string>) => Response | Promise<Response>

async function speed(count: number, made: Map<string, NewSource>, post: Post) {
  const source = made.get('github') as NewSource
  const answers: number[] = []
  const routed: number[] = []
  const insert: number[] = []
  const { organizationId, projectId } = await database().signalSource.findUniqueOrThrow({ where: { id: source.id } })
  for (let number = 0; number < count; number += 1) {
    const text = failing(number)
    const headers = await headersOf(source, 'github', 'workflow_run', text)
    const start = performance.now()
    const response = await post(source.path, text, headers)
    answers.push(performance.now() - start)
    const { delivery } = (await response.json()) as { delivery: string }
    await until(
      async () => (await database().inboundDelivery.findUnique({ where: { id: delivery } }))?.status === 'processed',
    )
    const row = await database().inboundDelivery.findUniqueOrThrow({ where: { id: delivery } })
    // Both times are of this process's clock: received before the insert, processed after routing.
    routed.push((row.processedAt?.getTime() ?? Number.NaN) - row.receivedAt.getTime())
    const before = performance.now()
    await database().inboundDelivery.create({
      data: {
        ...{ organizationId, projectId, sourceId: source.id, deliveryId: randomUUID(), status: 'processed' },
        ...{ payload: Buffer.from(text), bytes: text.length },
      },
    })
    insert.push(performance.now() - before)
    await pause(1_000 / RATE)
  }
  return { answers: spread(answers), routed: spread(routed), insert: spread(insert) }
}

/** A scan of about that many bytes, as CodeQL writes it. */
function scanOf(bytes: number): string {
  const result = (number: number) => ({
    ...{ ruleId: `js/rule-${number % 100}`, level: 'error' },
    message: { text: `Finding ${number}: "user input" reaches this sink. ${'x'.repeat(150)}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: `src/folder-${number % 50}/file-${number % 997}.ts` },
          region: { startLine: (number % 2_000) + 1, snippet: { text: 'const x = f("a\\b")' } },
        },
      },
    ],
    partialFingerprints: { primaryLocationLineHash: randomUUID() },
  })
  const results = Array.from({ length: Math.floor(bytes / JSON.stringify(result(1_000)).length) }, (_, n) => result(n))
  return JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'CodeQL' } }, results }] })
}

/** Uploads of 10 MB, one after the other: request to answer, and the processor time of this process for each. */
async function large(count: number, made: Map<string, NewSource>, post: Post) {
  const source = made.get('sarif') as NewSource
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${source.secret}` }
  const bodies = Array.from({ length: count }, () => scanOf(9_900_000))
  const answers: number[] = []
  const processor: number[] = []
  for (const body of bodies) {
    const [start, used] = [performance.now(), process.cpuUsage()]
    await post(source.path, body, headers)
    const { user, system } = process.cpuUsage(used)
    answers.push(performance.now() - start)
    processor.push((user + system) / 1_000)
  }
  // Reading them is the worker's work, which in this process would be in the way of what is measured next.
  await database().inboundDelivery.deleteMany({ where: { sourceId: source.id } })
  return { answers: spread(answers), processor: spread(processor) }
}

async function refusals(made: Map<string, NewSource>, post: Post) {
  const source = made.get('github') as NewSource
  const times: number[] = []
  for (let number = 0; number < 100; number += 1) {
    const start = performance.now()
    await post(`${source.path.slice(0, -20)}${'x'.repeat(20)}`, '{}', { 'content-type': 'application/json' })
    times.push(performance.now() - start)
  }
  return spread(times)
}

const all = given.payloads !== undefined && existsSync(given.payloads) ? payloads(given.payloads) : []
if (all.length === 0) process.stdout.write('\nSKIPPED the judging: name a folder of payloads with --payloads FOLDER.\n')
const scores = all.length > 0 ? score(all, readLabels(JSON.parse(readFileSync(given.labels, 'utf8')))) : {}

await withBed(async () => {
  setEnvironmentVariable('ORCHESTRATOR_KEY', randomBytes(32).toString('base64'))
  const { app } = await import('#server/rest/app')
  const post: Post = (to, body, headers) => app.request(to, { method: 'POST', body, headers })
  const first = await makeProject(1)
  const firstSources = await sources(first.scope, first.projectId)
  const scans = await large(10, firstSources, post)
  const stop = await startWorker({ assignmentFor: workAssignment })
  try {
    const whole = await through(all, firstSources, post)
    process.stdout.write(`\nPosted: ${JSON.stringify(whole.statuses)} answers by status, ${whole.signals} signals\n`)
    const second = await makeProject(1)
    const made = await sources(second.scope, second.projectId)
    const { answers, routed, insert } = await speed(Number(given.count), made, post)
    const refused = await refusals(made, post)
    printTable(
      `${given.count} signed deliveries of 8 kB at ${RATE} a second, in milliseconds`,
      ['What', 'p50', 'p95', 'max'],
      [
        ['request to answer (stored)', answers.p50, answers.p95, answers.max],
        ['received to routed', routed.p50, routed.p95, routed.max],
        ['bare insert of the same bytes', insert.p50, insert.p95, insert.max],
        ['refused: unknown key', refused.p50, refused.p95, refused.max],
        ['10 MB of SARIF, request to answer', scans.answers.p50, scans.answers.p95, scans.answers.max],
        ['10 MB of SARIF, processor time', scans.processor.p50, scans.processor.p95, scans.processor.max],
      ],
    )
    keep('signals', { macroF1: scores, ...whole, answers, routed, insert, refused, scans })
  } finally {
    await stop()
  }
})

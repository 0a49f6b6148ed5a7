import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { messageOf } from '#server/kernel/app-error'
import { database } from '#server/platform/database/client'
import { databaseFailure } from '#server/platform/database/failures'
import type { InboundDelivery, SignalSource } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { logger } from '#server/platform/logging/logger'
import { maskSecrets } from '#server/platform/logging/redact'
import { mappingSchema, noMapping, type SourceKind } from '../model'
import type { Candidate, Finding, Nature, Source, ToolFindings } from '../ports'
import { sourceOf } from '../registry'
import { plainLine } from '../rules/reading'
import { compareFindings, type FindingChange, findingCandidate } from '../rules/sarif'
import { takeIn } from './take-in'

interface Delivered {
  scope: Scope
  delivery: InboundDelivery
  row: SignalSource
  source: Source
  now: Date
}

/** What the database could not take in for so long is given up: everything its source sent since waits behind it. */
const GIVE_UP_AFTER_MS = 15 * 60_000

/**
 * A delivery becomes signals, after those of its source that came in before it: "fixed" is never read before "found".
 * Read twice it is read once.
 */
export async function readDelivery(organizationId: string, inboundId: string, now = new Date()): Promise<void> {
  const scope = systemScope(organizationId)
  for (;;) {
    const named = await database().inboundDelivery.findFirst({
      where: { id: inboundId, organizationId, status: 'accepted' },
      select: { sourceId: true },
    })
    if (!named) return
    await readNext(scope, named.sourceId, now)
  }
}

/** One payload that cannot be read must not stand in the way of all that come after it. */
async function readNext(scope: Scope, sourceId: string, now: Date): Promise<void> {
  const tried: { delivery?: InboundDelivery } = {}
  try {
    await transaction((tx) => readOldest(tx, scope, sourceId, { now, tried }))
  } catch (error) {
    const { delivery } = tried
    const mayPass = databaseFailure(error) !== null
    if (!delivery || (mayPass && now.getTime() - delivery.receivedAt.getTime() < GIVE_UP_AFTER_MS)) throw error
    logger().error({ err: error, sourceId, deliveryId: delivery.id }, 'a delivery could not be read')
    await transaction((tx) => giveUp(tx, scope, delivery, messageOf(error)))
  }
}

async function readOldest(
  tx: Transaction,
  scope: Scope,
  sourceId: string,
  { now, tried }: { now: Date; tried: { delivery?: InboundDelivery } },
): Promise<void> {
  await lockSource(tx, sourceId)
  const delivery = await tx.inboundDelivery.findFirst({
    where: { sourceId, organizationId: scope.organizationId, status: 'accepted' },
    orderBy: [{ receivedAt: 'asc' }, { id: 'asc' }],
    include: { source: true },
  })
  if (!delivery) return
  tried.delivery = delivery
  const delivered = { scope, delivery, row: delivery.source, source: sourceOf(delivery.source.kind as SourceKind), now }
  const candidates = await candidatesOf(delivered, bodyOf(delivery))
  if (typeof candidates === 'string') return finish(tx, delivered, 'ignored', candidates, null)
  const made: string[] = []
  for (const candidate of candidates) made.push((await takeIn(scope, noticedFrom(delivered, candidate), now)).signalId)
  const outcome = made.length === 1 ? 'Became a signal.' : `Became ${made.length} signals.`
  await finish(tx, delivered, 'processed', outcome, made[0] ?? null)
}

/** Another worker with a job of the same source waits, and then finds the next delivery. */
async function lockSource(tx: Transaction, sourceId: string): Promise<void> {
  await tx.$queryRaw`select pg_advisory_xact_lock(hashtextextended(${`signal-source:${sourceId}`}, 0))::text`
}

/** Gives up the delivery that was tried, and no other: unless somebody else has read it meanwhile. */
async function giveUp(tx: Transaction, scope: Scope, { id, sourceId }: InboundDelivery, why: string): Promise<void> {
  await lockSource(tx, sourceId)
  const delivery = await tx.inboundDelivery.findFirst({
    where: { id, organizationId: scope.organizationId, status: 'accepted' },
    include: { source: true },
  })
  if (!delivery) return
  const outcome = `It could not be read: ${plainLine(maskSecrets(why), 200)}`
  await finish(tx, { delivery, row: delivery.source }, 'failed', outcome, null)
}

/** A build's log may print a key of ours. From here it would go on into the record in git, messages and prompts. */
function bodyOf(delivery: InboundDelivery): unknown {
  if (!delivery.payload) return null
  return JSON.parse(maskSecrets(new TextDecoder().decode(delivery.payload))) as unknown
}

function noticedFrom({ row, source }: Delivered, candidate: Candidate) {
  return {
    projectId: row.projectId,
    candidate,
    source: row.kind,
    sourceLabel: row.label || source.label,
    sourceId: row.id,
    external: true,
  }
}

/** What accounts do and say. What a tool then finds, in a build or a scan, is news whoever set it off. */
const doings = new Set<Nature>(['issue', 'comment', 'change', 'push', 'notice', 'release', 'discussion'])

/** What is in it, or why nothing of it is a signal. */
async function candidatesOf(delivered: Delivered, body: unknown): Promise<Candidate[] | string> {
  const { source, row, delivery } = delivered
  if (source.findings) {
    const tools = source.findings(body)
    if (tools) return Promise.all(tools.map((tool) => compared(delivered, tool)))
  }
  const mapping = mappingSchema.safeParse(row.mapping).data ?? noMapping
  const reading = source.read(body, { event: delivery.event, mapping })
  if ('ignored' in reading) return reading.ignored
  const own = new Set(row.ownAccounts.map((account) => account.toLowerCase()))
  const foreign = reading.candidates.filter(
    ({ facts }) => !(doings.has(facts.nature) && own.has(facts.account.toLowerCase())),
  )
  if (foreign.length > 0) return foreign
  return 'One of our own accounts caused it: what agents do wakes nobody.'
}

/** Writes down what a tool finds now, and tells what that changed against the upload before. */
async function compared({ row, scope, now }: Delivered, { tool, findings }: ToolFindings): Promise<Candidate> {
  return transaction(async (tx) => {
    const known = await tx.signalFinding.findMany({
      where: { sourceId: row.id, tool, state: { not: 'fixed' } },
      select: { key: true },
    })
    const change = compareFindings(new Set(known.map((one) => one.key)), findings)
    await writeFindings(tx, { scope, row, tool, now }, change)
    return findingCandidate(tool, change)
  })
}

/** Rows of one statement. */
const AT_ONCE = 10_000

/** A scan may hold tens of thousands: each list is one parameter of one statement. */
async function writeFindings(
  tx: Transaction,
  { scope, row, tool, now }: Pick<Delivered, 'scope' | 'row' | 'now'> & { tool: string },
  { added, fixed, unchanged }: FindingChange,
): Promise<void> {
  for (const [state, keys] of [
    ['fixed', fixed],
    ['unchanged', unchanged.map((one) => one.key)],
    // Fixed once and back again: the row is there already.
    ['new', added.map((one) => one.key)],
  ] as const) {
    await tx.$executeRaw`
      update "SignalFinding" set state = ${state}, "lastSeenAt" = ${now}
      where "sourceId" = ${row.id}::uuid and tool = ${tool} and key = any (${keys}::text[])`
  }
  for (let from = 0; from < added.length; from += AT_ONCE) {
    const some = added.slice(from, from + AT_ONCE)
    const column = <Name extends keyof Finding>(name: Name) => some.map((one) => one[name])
    await tx.$executeRaw`
      insert into "SignalFinding" (id, "organizationId", "projectId", "sourceId", tool, key, "ruleId", level, message, path,
        line, state, "firstSeenAt", "lastSeenAt")
      select gen_random_uuid(), ${scope.organizationId}::uuid, ${row.projectId}::uuid, ${row.id}::uuid, ${tool},
        found.*, 'new', ${now}, ${now}
      from unnest(${column('key')}::text[], ${column('ruleId')}::text[], ${column('level')}::text[],
        ${column('message')}::text[], ${column('path')}::text[], ${column('line')}::int[]) as found
      on conflict do nothing`
  }
}

async function finish(
  tx: Transaction,
  { delivery, row }: Pick<Delivered, 'delivery' | 'row'>,
  status: string,
  outcome: string,
  signalId: string | null,
): Promise<void> {
  await tx.inboundDelivery.update({
    where: { id: delivery.id },
    data: { status, outcome, signalId, processedAt: new Date() },
  })
  await tx.signalSource.update({
    where: { id: row.id },
    data: { lastReceivedAt: delivery.receivedAt, lastOutcome: outcome },
  })
}

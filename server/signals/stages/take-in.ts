import { createHash } from 'node:crypto'
import type { Scope } from '#server/auth/model'
import type { Prisma, Signal } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { impactSchema, receiverSchema, signalKindSchema, urgencySchema } from '../model'
import type { Candidate } from '../ports'
import { activeMute, lockSignals, policyOf, recentSignals } from '../repository/knowledge'
import { type Classification, classify } from '../rules/classify'
import { fingerprintOf, leaderOf } from '../rules/gather'
import { at, bounded, plainLine, record } from '../rules/reading'
import { type Earlier, IS_OVER, recur } from '../rules/recur'
import type { Route } from '../rules/route'
import { classifyStage } from './classify'
import { closeSignal } from './close'
import type { Noticed, TakenIn } from './noticed'
import { carryOn, type Placed, settle, tell } from './settle'

/**
 * The whole way of one signal, in one transaction: told apart from what is known, classified, routed, acted upon.
 * Taken in twice it is one signal with a count.
 */
export async function takeIn(scope: Scope, noticed: Noticed, now = new Date()): Promise<TakenIn> {
  const candidate = bounded(noticed.candidate)
  return transaction(async (tx) => {
    await lockSignals(tx, noticed.projectId)
    const fingerprint = fitting(fingerprintOf(noticed.projectId, candidate.subject))
    const earlier = await tx.signal.findUnique({
      where: { organizationId_fingerprint: { organizationId: scope.organizationId, fingerprint } },
    })
    const over = candidate.facts.state === 'resolved' || candidate.facts.state === 'passed'
    if (earlier && (earlier.status !== 'closed' || over || isOlder(earlier, candidate)))
      return again(tx, scope, { earlier, candidate, noticed, over, now })
    const place = await placeOf(tx, scope, noticed, candidate, now)
    if (earlier) place.classified.found = reopened(earlier, place, now)
    const signal = await store(tx, scope, { earlier, candidate, noticed, place, fingerprint, over, now })
    return carryOn(tx, scope, { signal, candidate, place, now })
  })
}

/** As long as a row's index takes: two long names that begin alike stay two. */
function fitting(fingerprint: string): string {
  if (fingerprint.length <= 400) return fingerprint
  return `${fingerprint.slice(0, 300)}:${createHash('sha256').update(fingerprint).digest('hex')}`
}

/** A closed signal that is back: what it counts as now. */
function reopened(earlier: Signal, { classified }: Placed, now: Date): Classification {
  const verdict = recur(earlierOf(earlier, now), classified.found, classified.by === 'person')
  return verdict.what === 'count' ? classified.found : verdict.found
}

function earlierOf(signal: Signal, now: Date): Earlier {
  const state = at(signal.evidence, 'facts', 'state')
  return {
    status: signal.status as Earlier['status'],
    kind: signalKindSchema.parse(signal.kind),
    urgency: urgencySchema.parse(signal.urgency),
    impact: impactSchema.parse(signal.impact),
    byPerson: signal.classifiedBy === 'person',
    wasOpen: state !== 'passed' && state !== 'resolved',
    closedForMs: signal.closedAt ? now.getTime() - signal.closedAt.getTime() : null,
  }
}

interface Again {
  earlier: Signal
  candidate: Candidate
  noticed: Noticed
  over: boolean
  now: Date
}

/** What is known already: counted, or over. */
async function again(tx: Transaction, scope: Scope, given: Again): Promise<TakenIn> {
  const { earlier, candidate, noticed, over, now } = given
  // A run that began earlier and took longer says nothing of the failure after it.
  const older = isOlder(earlier, candidate)
  const newest = older || candidate.facts.order === 0 ? {} : { evidence: withOrder(earlier, candidate.facts.order) }
  // Muted while its question was open: the work that waits for the answer goes on all the same.
  const waits = earlier.status === 'open' || (earlier.status === 'muted' && earlier.decisionId !== null)
  if (over && waits && !older) {
    await tx.signal.update({ where: { id: earlier.id }, data: { lastSeenAt: now, ...newest } })
    await closeSignal(tx, scope, earlier, { reason: `${IS_OVER}${candidate.title}`, action: 'resolution', now })
    return { signalId: earlier.id, outcome: 'closed' }
  }
  // The same run reporting again after a restart is not a second report.
  if (noticed.runId && earlier.runId === noticed.runId) return { signalId: earlier.id, outcome: 'repeated' }
  const worse = over ? null : await worsened(tx, scope, given)
  if (worse) return escalate(tx, scope, { ...given, ...worse })
  const { count } = await tx.signal.update({
    where: { id: earlier.id },
    data: {
      count: { increment: 1 },
      lastSeenAt: now,
      ...(candidate.detail && !over ? { detail: candidate.detail } : {}),
      // A scan says something else each time; everything else keeps the name it was asked about.
      ...(candidate.facts.nature === 'finding' ? { title: candidate.title } : {}),
      ...(candidate.url && !over ? { url: candidate.url } : {}),
      ...newest,
    },
  })
  if (isWorthTelling(count)) {
    await append(tx, scope, [
      {
        type: 'signal.repeated',
        projectId: earlier.projectId,
        payload: { signalId: earlier.id, title: earlier.title, count },
      },
    ])
  }
  return { signalId: earlier.id, outcome: 'repeated' }
}

function isOlder({ evidence }: Signal, { facts }: Candidate): boolean {
  const before = at(evidence, 'facts', 'order')
  return facts.order > 0 && typeof before === 'number' && facts.order < before
}

/** The evidence a signal was judged by, with the newest run that was reported. */
function withOrder({ evidence }: Signal, order: number): Prisma.InputJsonObject {
  const facts = record.parse(at(evidence, 'facts'))
  return { ...record.parse(evidence), facts: { ...facts, order } } as Prisma.InputJsonObject
}

/**
 * Whether an open signal got worse than people were told. The rule alone is asked first: a flood of repetitions must
 * not look at the work in progress each time.
 */
async function worsened(
  tx: Transaction,
  scope: Scope,
  { earlier, candidate, noticed, now }: Again,
): Promise<{ place: Placed; found: Classification } | null> {
  const rule = classify(candidate.facts)
  if (rule === null || recur(earlierOf(earlier, now), rule, false).what !== 'escalate') return null
  const place = await placeOf(tx, scope, noticed, candidate, now)
  const { found, by, undecided } = place.classified
  const verdict = recur(earlierOf(earlier, now), found, by === 'person')
  return verdict.what === 'escalate' && !undecided ? { place, found: verdict.found } : null
}

/**
 * An open signal that got worse: counted, judged anew, and told once more. It is routed and acted upon as if it were
 * new, unless people or agents are at it already; then the question or the work stays as it is.
 */
async function escalate(
  tx: Transaction,
  scope: Scope,
  given: Again & { place: Placed; found: Classification },
): Promise<TakenIn> {
  const { earlier, candidate, noticed, place, found, now } = given
  place.classified.found = found
  const escalated = { urgency: urgencySchema.parse(earlier.urgency), impact: impactSchema.parse(earlier.impact) }
  const atIt = earlier.decisionId ?? earlier.madeRequirementId ?? earlier.sentBackTaskId
  const fingerprint = earlier.fingerprint
  const data = dataOf({ earlier, candidate, noticed, place, fingerprint, over: false, now })
  const { title: _, ...rest } = data
  const signal = await tx.signal.update({
    where: { id: earlier.id },
    // What it was asked about, and told of, keeps its name.
    data: { ...rest, count: { increment: 1 } },
  })
  if (atIt) await tell(tx, scope, { signal, place, route: routeOf(earlier), action: 'notification', escalated })
  else await settle(tx, scope, { signal, candidate, place, now, escalated })
  return { signalId: earlier.id, outcome: 'escalated' }
}

function routeOf({ routedTo, routedToId, routedToName, routedWhy }: Signal): Route {
  return { to: receiverSchema.parse(routedTo), id: routedToId, name: routedToName, why: routedWhy }
}

/** A flood of repetitions is told at 2, 3 … 10, 20 … 100, 200 … */
function isWorthTelling(count: number): boolean {
  const power = 10 ** Math.floor(Math.log10(count))
  return count % power === 0
}

async function placeOf(
  tx: Transaction,
  scope: Scope,
  noticed: Noticed,
  candidate: Candidate,
  now: Date,
): Promise<Placed> {
  const [policy, mute, recent] = await Promise.all([
    policyOf(tx, noticed.projectId),
    activeMute(tx, noticed.projectId, candidate.topic),
    recentSignals(tx, noticed.projectId, now),
  ])
  const classified = await classifyStage(tx, scope, noticed, candidate)
  const leader = leaderOf(
    { groupKey: candidate.groupKey, sourceId: noticed.sourceId, urgency: classified.found.urgency },
    recent,
    now.getTime(),
  )
  return { noticed, policy, muted: mute !== null, leader, classified }
}

interface Stored {
  earlier: Signal | null
  candidate: Candidate
  noticed: Noticed
  place: Placed
  fingerprint: string
  over: boolean
  now: Date
}

function leaderIn({ place, earlier }: Stored) {
  return place.leader && place.leader.id !== earlier?.id ? place.leader : null
}

function dataOf(given: Stored) {
  const { candidate, noticed, place, over, now } = given
  const { found, by, affected, depth } = place.classified
  return {
    title: candidate.title,
    detail: candidate.detail,
    url: candidate.url,
    topic: candidate.topic,
    groupKey: candidate.groupKey,
    leaderId: leaderIn(given)?.id ?? null,
    evidence: {
      facts: { ...candidate.facts },
      sourceLabel: plainLine(noticed.sourceLabel, 100),
      affected: {
        why: affected.why,
        named: affected.named?.ref ?? '',
        namedId: affected.named?.id ?? '',
        refs: affected.hold.map((task) => task.ref),
      },
    },
    kind: found.kind,
    urgency: found.urgency,
    impact: found.impact,
    size: found.size,
    ruleId: found.ruleId,
    classifiedBy: by,
    classifiedWhy: found.why,
    status: place.muted ? 'muted' : over ? 'closed' : 'open',
    closedAt: over ? now : null,
    closedWhy: over ? 'It asks for nothing: it came in as passed or over.' : '',
    requirementId: noticed.requirementId ?? affected.requirementId,
    taskId: noticed.taskId ?? affected.named?.id ?? null,
    lastSeenAt: now,
    depth,
  }
}

/** The row, new or opened again. What follows from it is written by the stages after. */
async function store(tx: Transaction, scope: Scope, given: Stored): Promise<Signal> {
  const { earlier, noticed, fingerprint, now } = given
  const data = dataOf(given)
  const leader = leaderIn(given)
  if (leader) await tx.signal.update({ where: { id: leader.id }, data: { groupSize: { increment: 1 } } })
  if (earlier) {
    return tx.signal.update({
      where: { id: earlier.id },
      data: {
        ...data,
        round: { increment: 1 },
        count: { increment: 1 },
        decisionId: null,
        heldTaskIds: [],
        madeRequirementId: null,
        sentBackTaskId: null,
      },
    })
  }
  return tx.signal.create({
    data: {
      ...data,
      organizationId: scope.organizationId,
      projectId: noticed.projectId,
      runId: noticed.runId,
      source: noticed.source,
      sourceId: noticed.sourceId,
      external: noticed.external,
      fingerprint,
      firstSeenAt: now,
    },
  })
}

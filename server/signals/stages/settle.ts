import type { Scope } from '#server/auth/model'
import type { Signal } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import type { Impact, SignalAction, SignalPolicyView, Urgency } from '../model'
import type { Candidate } from '../ports'
import { ruleRecord } from '../repository/knowledge'
import { act } from '../rules/act'
import type { Affected } from '../rules/affected'
import type { RecentSignal } from '../rules/gather'
import { isTrusted } from '../rules/learn'
import type { Route } from '../rules/route'
import { carryOutAct } from './act'
import type { Classified } from './classify'
import type { Noticed, TakenIn } from './noticed'
import { routeStage } from './route'

/** Everything known about a signal before it is routed. */
export interface Placed {
  noticed: Noticed
  policy: SignalPolicyView
  muted: boolean
  leader: RecentSignal | null
  classified: Classified
}

/** What an open signal was before it got worse. */
interface Escalated {
  urgency: Urgency
  impact: Impact
}

interface Settled {
  signal: Signal
  candidate: Candidate
  place: Placed
  now: Date
  escalated?: Escalated
}

/** Routing and acting for a signal whose row is written; what no rule knows waits for an agent first. */
export async function carryOn(tx: Transaction, scope: Scope, given: Settled): Promise<TakenIn> {
  const { signal, place } = given
  const quiet = place.muted || signal.leaderId !== null
  if (place.classified.undecided && !quiet && place.policy.agentCallsPerDay > 0) {
    await tx.signal.update({
      where: { id: signal.id },
      data: { routedTo: 'nobody', routedWhy: 'An agent is asked first what it is.', action: 'none', actionWhy: '' },
    })
    const { title, detail } = signal
    await append(tx, scope, [
      { type: 'signal.undecided', projectId: signal.projectId, payload: { signalId: signal.id, title, detail } },
    ])
    return { signalId: signal.id, outcome: 'asked-agent' }
  }
  await settle(tx, scope, given)
  return { signalId: signal.id, outcome: 'raised' }
}

/** Routes and acts, writes both down, and tells. */
export async function settle(tx: Transaction, scope: Scope, given: Settled): Promise<void> {
  const { signal, candidate, place, now, escalated } = given
  const { affected } = place.classified
  const { route, act: chosen } = await choose(tx, scope, given)
  await tx.signal.update({
    where: { id: signal.id },
    data: {
      routedTo: route.to,
      routedToId: route.id,
      routedToName: route.name,
      routedWhy: route.why,
      action: chosen.action,
      actionWhy: chosen.why,
    },
  })
  await carryOutAct(tx, scope, {
    signal,
    action: chosen.action,
    affected,
    holdWork: place.policy.holdWork && candidate.facts.state === 'failed',
    sourceLabel: place.noticed.sourceLabel,
    now,
  })
  await tell(tx, scope, { signal, place, route, action: chosen.action, escalated })
}

async function choose(tx: Transaction, scope: Scope, { signal, candidate, place }: Settled) {
  const { noticed, policy, muted, classified } = place
  const { found, affected, depth } = classified
  const level = noticed.external ? policy.external : policy.internal
  const task = unfinishedNamed(affected)
  const route = await routeStage(tx, scope, {
    found,
    policy: level,
    muted,
    leader: signal.leaderId ? (place.leader?.title ?? 'another signal') : null,
    lesson: classified.lesson,
    task,
    reporterId: noticed.reporterId ?? null,
    requirementId: signal.requirementId,
  })
  const chosen = act({
    found,
    state: candidate.facts.state,
    external: noticed.external,
    policy: level,
    route,
    muted,
    grouped: signal.leaderId !== null,
    depth,
    trusted: isTrusted(await ruleRecord(tx, scope.organizationId, found.ruleId)),
    touchesWork: affected.hold.length > 0,
    task,
    askedElsewhere: !noticed.external && noticed.source === 'orchestrator',
  })
  return { route, act: chosen }
}

function unfinishedNamed({ named, hold }: Affected) {
  if (!named || !hold.some((task) => task.id === named.id)) return null
  return { id: named.id, ref: named.ref, title: named.title, agentId: named.agentId, agentName: named.agentName }
}

interface Telling {
  signal: Signal
  place: Placed
  route: Route
  action: SignalAction
  escalated?: Escalated
}

/** The event that tells people of it. */
export async function tell(tx: Transaction, scope: Scope, telling: Telling): Promise<void> {
  const { signal, place, route, action, escalated } = telling
  const { found } = place.classified
  const { external, candidate } = place.noticed
  await append(tx, scope, [
    {
      type: 'signal.raised',
      projectId: signal.projectId,
      requirementId: signal.requirementId ?? undefined,
      taskId: signal.taskId ?? undefined,
      runId: signal.runId ?? undefined,
      payload: {
        signalId: signal.id,
        kind: found.kind,
        urgency: found.urgency,
        impact: found.impact,
        title: signal.title,
        detail: signal.detail,
        source: signal.source,
        url: signal.url,
        external: signal.external,
        ...(external || candidate.facts.event === '' ? {} : { cause: candidate.facts.event }),
        routedTo: route.to,
        routedToId: route.id,
        routedToName: route.name,
        action,
        round: signal.round,
        grouped: signal.leaderId !== null,
        muted: place.muted,
        ...(escalated ? { escalated: { ...escalated } } : {}),
      },
    },
  ])
}

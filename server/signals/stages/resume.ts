import type { Scope } from '#server/auth/model'
import type { Transaction } from '#server/platform/database/transaction'
import { states } from '../ports'
import { policyOf } from '../repository/knowledge'
import { type Classification, UNDECIDED } from '../rules/classify'
import { at, noFacts, plainLine } from '../rules/reading'
import { settle } from './settle'

/** Routes and acts for a signal that waited for an agent's judgement. Done twice it is done once. */
export async function resumeUndecided(
  tx: Transaction,
  scope: Scope,
  signalId: string,
  verdict: { found: Classification; by: 'rule' | 'agent'; scripted: boolean },
): Promise<void> {
  const before = await tx.signal.findUniqueOrThrow({ where: { id: signalId } })
  if (
    before.ruleId !== UNDECIDED ||
    before.status !== 'open' ||
    before.action !== 'none' ||
    before.routedTo !== 'nobody'
  )
    return
  const { found, by, scripted } = verdict
  const signal = await tx.signal.update({
    where: { id: signalId },
    data: {
      kind: found.kind,
      urgency: found.urgency,
      impact: found.impact,
      size: found.size,
      ruleId: found.ruleId,
      classifiedBy: by,
      classifiedWhy: found.why,
      scripted,
    },
  })
  const state = states.find((known) => known === at(signal.evidence, 'facts', 'state')) ?? 'opened'
  const label = plainLine(at(signal.evidence, 'sourceLabel'), 100) || signal.source
  await settle(tx, scope, {
    signal,
    candidate: {
      topic: signal.topic,
      subject: signal.fingerprint,
      title: signal.title,
      detail: signal.detail,
      url: signal.url,
      groupKey: signal.groupKey,
      facts: { ...noFacts, state },
    },
    place: {
      noticed: {
        projectId: signal.projectId,
        candidate: { topic: '', subject: '', title: '', detail: '', url: '', groupKey: '', facts: noFacts },
        source: signal.source,
        sourceLabel: label,
        sourceId: signal.sourceId,
        external: signal.external,
      },
      policy: await policyOf(tx, signal.projectId),
      muted: false,
      leader: null,
      classified: {
        found,
        by: 'rule',
        undecided: false,
        lesson: '',
        affected: { named: null, hold: [], requirementId: null, why: '' },
        depth: signal.depth,
      },
    },
    now: new Date(),
  })
}

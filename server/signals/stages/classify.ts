import type { Scope } from '#server/auth/model'
import type { Transaction } from '#server/platform/database/transaction'
import { impactSchema, signalKindSchema, urgencySchema } from '../model'
import type { Candidate } from '../ports'
import { lessonOf } from '../repository/knowledge'
import { workAtRisk } from '../repository/work'
import { type Affected, affectedBy } from '../rules/affected'
import { type Classification, classify, raisedByWork, unclassified } from '../rules/classify'
import type { Noticed } from './noticed'

export interface Classified {
  found: Classification
  by: 'rule' | 'person'
  /** no rule knows it: an agent may be asked */
  undecided: boolean
  lesson: 'group' | 'nobody' | ''
  affected: Affected
  depth: number
}

/** What people corrected before goes first, then the rules; what none of them knows is left to an agent. */
export async function classifyStage(
  tx: Transaction,
  scope: Scope,
  noticed: Noticed,
  candidate: Candidate,
): Promise<Classified> {
  const affected = await affectedWork(tx, scope, noticed, candidate)
  const depth = await depthOf(tx, noticed.requirementId ?? affected.requirementId)
  const rule = classify(candidate.facts)
  const lesson = await lessonOf(tx, noticed.projectId, candidate.topic)
  if (lesson) {
    const found: Classification = {
      kind: signalKindSchema.parse(lesson.kind),
      urgency: urgencySchema.parse(lesson.urgency),
      impact: impactSchema.parse(lesson.impact),
      size: rule?.size ?? 'medium',
      ruleId: rule?.ruleId ?? 'lesson',
      why: `${lesson.by || 'Somebody'} corrected such a signal before.`,
    }
    const routed = lesson.routedTo === 'group' || lesson.routedTo === 'nobody' ? lesson.routedTo : ''
    return { found, by: 'person', undecided: false, lesson: routed, affected, depth }
  }
  const found = rule ?? unclassified('No rule knows this kind of report.')
  const touches = affected.hold.length > 0 && candidate.facts.state === 'failed'
  return { found: raisedByWork(found, touches), by: 'rule', undecided: rule === null, lesson: '', affected, depth }
}

const nothing: Affected = { named: null, hold: [], requirementId: null, why: '' }

async function affectedWork(tx: Transaction, scope: Scope, noticed: Noticed, candidate: Candidate): Promise<Affected> {
  // What the engine noticed is about the row it names; only reports from outside have to be matched.
  if (!noticed.external) return nothing
  const { branch, commit, paths, main, state } = candidate.facts
  if (!['failed', 'opened'].includes(state)) return nothing
  const { tasks, requirements } = await workAtRisk(tx, scope, noticed.projectId)
  // Only what breaks the common ground reaches work that is not named.
  const reaches = main && state === 'failed'
  return affectedBy({ branch, commit, paths, main: reaches }, tasks, requirements)
}

/** How many signals lie between this one and a person: a requirement that a signal made is one step further away. */
async function depthOf(tx: Transaction, requirementId: string | null | undefined): Promise<number> {
  if (!requirementId) return 0
  const maker = await tx.signal.findFirst({
    where: { madeRequirementId: requirementId },
    orderBy: { depth: 'asc' },
    select: { depth: true },
  })
  return maker ? maker.depth + 1 : 0
}

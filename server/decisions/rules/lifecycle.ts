import type { Role } from '#server/auth/model'
import type { AnsweredVia, DecisionKind, Option } from '../model'

/** Milliseconds in which whoever answered may take the answer back. */
const UNDO_MS = 10_000
/** Milliseconds an answer by precedent waits before it counts, so that people can overrule it without a trace. */
const PRECEDENT_HOLD_MS = 60_000
/** Milliseconds in which an answer that no person gave may be taken back. */
const UNATTENDED_UNDO_MS = 15 * 60_000

/** Kinds whose reversible answers can be taken back after they took effect (take-back.ts knows how). */
const canTakeBack: ReadonlySet<DecisionKind> = new Set([
  'plan_approval',
  'plan_failed',
  'agent_question',
  'no_agent',
  'task_failed',
  'merge_conflict',
  'sandbox_missing',
  'risky_call',
])

/**
 * Milliseconds until an answer takes effect. What can't be taken back afterwards is held as long as it may be undone;
 * what can, starts at once. An agent's own options (`reversible` unknown) only send words to the agent.
 */
export function holdMs(kind: DecisionKind, option: Pick<Option, 'reversible'>, via: AnsweredVia): number {
  if (via === 'precedent') return PRECEDENT_HOLD_MS
  return option.reversible === false || !canTakeBack.has(kind) ? UNDO_MS : 0
}

/**
 * Milliseconds in which the answer may be taken back, as long as nothing that can't be put back has begun. What nobody
 * chose, a default or a precedent, may be found by somebody only later.
 */
export function undoMs(kind: DecisionKind, option: Pick<Option, 'reversible'>, via: AnsweredVia): number {
  if (via === 'precedent' || via === 'default') return UNATTENDED_UNDO_MS
  return Math.max(UNDO_MS, holdMs(kind, option, via))
}

export interface Answerable {
  status: string
  effectiveAt: Date | null
}

/** False while an answer is held: whoever acts on answers treats the decision as open until then. */
export function isEffective(decision: Answerable, now: Date): boolean {
  return decision.status === 'answered' && (decision.effectiveAt === null || decision.effectiveAt <= now)
}

const rank: Record<Role, number> = { viewer: 0, member: 1, admin: 2, owner: 3 }

/**
 * Whether this person or program is asked. People named on the decision, and admins, when people are named; otherwise
 * whoever has the role. A program is nobody in particular, so it can't answer for named people.
 */
export function isAsked(
  decision: { answerRole: Role; answererIds: readonly string[] },
  who: { role: Role; actor: { kind: string; id: string | null } },
): boolean {
  if (rank[who.role] < rank[decision.answerRole]) return false
  if (decision.answererIds.length === 0 || who.actor.kind === 'system') return true
  if (who.actor.kind !== 'user') return false
  return rank[who.role] >= rank.admin || decision.answererIds.includes(who.actor.id ?? '')
}

import type { Role } from '#server/auth/model'
import type { DecisionView, OptionView } from '#server/decisions/queries'
import { timeInWords } from '#server/kernel/amounts'

/** "+$1.20" or "−$0.05"; tiny sums keep what tells them from nothing. */
function moneyDelta(microUsd: number): string {
  const dollars = Math.abs(microUsd) / 1_000_000
  const digits = dollars > 0 && dollars < 0.1 ? 4 : 2
  return `${microUsd < 0 ? '−' : '+'}$${dollars.toFixed(digits)}`
}

/** What choosing an option changes in money and time; empty when nobody knows. */
export function deltasInWords(option: OptionView): string[] {
  return [
    ...(option.costMicroUsd === null ? [] : [moneyDelta(option.costMicroUsd)]),
    ...(option.timeMs === null
      ? []
      : [`${option.timeMs < 0 ? '−' : '+'}${timeInWords(Math.abs(option.timeMs))} of work`]),
  ]
}

/** What the wait costs: where the work stands to the longest path. Null when times are not known. */
export function waitInWords({ blocks }: Pick<DecisionView, 'blocks'>): string | null {
  const { pathMs, slackMs } = blocks
  if (pathMs === null || slackMs === null) return null
  const behind = `${timeInWords(pathMs)} of work on the longest path begins after it.`
  if (slackMs === 0)
    return `${behind} It is on the critical path: every minute of waiting ends the requirement a minute later.`
  return `${behind} Other work takes ${timeInWords(slackMs)} longer, so that much waiting costs nothing.`
}

/** "Holds up 6 tasks", in the words of an inbox. */
export function blockedInWords({
  blockedTasks,
  blockedPlans,
}: Pick<DecisionView, 'blockedTasks' | 'blockedPlans'>): string {
  const held = [
    ...(blockedPlans > 0 ? [blockedPlans === 1 ? 'a plan' : `${blockedPlans} plans`] : []),
    ...(blockedTasks > 0 ? [blockedTasks === 1 ? '1 task' : `${blockedTasks} tasks`] : []),
  ]
  return `Holds up ${held.join(' and ') || 'no task'}`
}

const rank: Record<Role, number> = { viewer: 0, member: 1, admin: 2, owner: 3 }

/** Members a decision can be handed to: who may not answer it would let it wait for ever. */
export function ableToAnswer<Member extends { role: string }>(
  decision: Pick<DecisionView, 'answerRole'>,
  members: readonly Member[],
): Member[] {
  return members.filter(({ role }) => (rank[role as Role] ?? -1) >= rank[roleToAnswer(decision)])
}

/** The lowest role that may answer it. Viewers answer nothing. */
export function roleToAnswer({ answerRole }: Pick<DecisionView, 'answerRole'>): Role {
  return rank[answerRole] < rank.member ? 'member' : answerRole
}

/** By what an answer came in, when it was not simply a person on a page. */
export function viaInWords(via: string): string {
  const words: Record<string, string> = {
    link: 'by link',
    slack: 'in Slack',
    api: 'by API',
    default: 'by default: nobody answered in time',
    precedent: 'by precedent',
  }
  return words[via] ?? ''
}

const readByAgents = new Set(['plan_approval', 'plan_failed', 'agent_question', 'task_failed', 'risky_call'])

/** What becomes of the comment. */
export function commentHint(kind: string): string {
  return readByAgents.has(kind) ? 'The agent reads it with your answer.' : 'It is kept with your answer.'
}

/** The label of one of a decision's options. */
export function labelOf(decision: Pick<DecisionView, 'options'>, option: string | null): string {
  return decision.options.find((candidate) => candidate.id === option)?.label ?? option ?? ''
}

export function percentText(share: number): string {
  return `${Math.round(share * 100)} %`
}

import type { Scope } from '#server/auth/model'
import type { Signal } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { countJudgement } from '../repository/knowledge'
import { at, record } from '../rules/reading'

/**
 * Counts a judgement for the signal's rule, once for each signal: the other verdict replaces the first.
 * @returns false when the same was said before, or no rule is to be judged
 */
export async function judged(
  tx: Transaction,
  scope: Scope,
  signal: Signal,
  verdict: 'right' | 'wrong',
): Promise<boolean> {
  if (signal.ruleId === '') return false
  const { evidence } = await tx.signal.findUniqueOrThrow({ where: { id: signal.id }, select: { evidence: true } })
  const before = at(evidence, 'judged')
  if (before === verdict) return false
  if (before === 'right' || before === 'wrong') await countJudgement(tx, scope, signal.ruleId, before, -1)
  await countJudgement(tx, scope, signal.ruleId, verdict)
  const kept = JSON.parse(JSON.stringify({ ...record.parse(evidence), judged: verdict })) as Record<string, string>
  await tx.signal.update({ where: { id: signal.id }, data: { evidence: kept } })
  return true
}

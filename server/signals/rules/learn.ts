/** Judgements before a rule's record counts. */
const ENOUGH = 5

export interface RuleRecord {
  right: number
  wrong: number
}

/** How often a rule was right, between 0 and 1, with two good judgements given in advance so that one error is no verdict. */
export function confidence({ right, wrong }: RuleRecord): number {
  return (right + 2) / (right + wrong + 2)
}

/** A rule that people found wrong more often than right no longer acts by itself. */
export function isTrusted(record: RuleRecord | null): boolean {
  if (!record || record.right + record.wrong < ENOUGH) return true
  return record.right >= record.wrong
}

/** "right 7 of 9 times", or that nobody said so yet. */
export function recordInWords(record: RuleRecord | null): string {
  const total = record ? record.right + record.wrong : 0
  if (!record || total === 0) return 'nobody has judged this rule yet'
  return `right ${record.right} of ${total} ${total === 1 ? 'time' : 'times'}`
}

/** What an answer to a signal's question says about its routing: whoever ignores it was asked in vain. */
export function verdictOfAnswer(option: string): 'right' | 'wrong' {
  return option === 'ignore' ? 'wrong' : 'right'
}

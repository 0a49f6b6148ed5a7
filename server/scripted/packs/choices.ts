import type { Source, SourceStatement } from '#server/scripted/packs/ports'
import { simplified } from '#server/scripted/packs/sentence'

export interface OpenWords {
  statement: string
  /** what the sentence is about, in front of the two ways */
  before: string
  options: [string, string]
}

const patterns = [
  /^(.{3,120}?)(?:,)? (?:is|are) either (.{2,80}?),? or (.{2,80}?)(?: \(?(?:to be decided|tbd|still open|not decided yet)\)?|; (?:this is|we have) (?:still open|not decided yet|to be decided))$/i,
  /^whether (.{3,120}?) (?:is|are) (.{2,80}?),? or (.{2,80}?),? is (?:still )?(?:to be decided|open|not decided yet)$/i,
  /^(.{3,160}?) \((.{2,80}?) or (.{2,80}?)\?\)$/i,
]

/** "either A or B (to be decided)", "whether X is A or B is still open", "(A or B?)": a choice nobody has taken yet. */
export function openWords(statement: SourceStatement): OpenWords | null {
  const line = simplified(statement)
  for (const pattern of patterns) {
    const match = pattern.exec(line ?? '')
    if (match) {
      const [, before = '', first = '', second = ''] = match
      return { statement: statement.ref, before, options: [first.replace(/,$/, ''), second] }
    }
  }
  return null
}

/** The option a person took for a question: its number, or the recommended one while nobody has answered. */
export function answered(source: Source, question: string, labels: string[], recommended: number): number {
  const given = source.answers.findLast((answer) => answer.question.trim() === question)
  const at = labels.findIndex((label) => label.trim().toLowerCase() === given?.answer.trim().toLowerCase())
  return at < 0 ? recommended : at
}

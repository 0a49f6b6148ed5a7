/** Words too common to say anything about a question. */
const common = new Set(
  'the a an and or of to in on for with by is are be it this that what which now should we you do does did not no any how'.split(
    ' ',
  ),
)

/**
 * The telling words of a question, at most 24: lower case, without numbers and names of single tasks or requirements,
 * so that two questions of one sort look alike.
 */
export function wordsOf(question: string): string[] {
  const words = question
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 2 && !common.has(word) && !/^[rt]?\d+$/.test(word))
  return [...new Set(words)].slice(0, 24)
}

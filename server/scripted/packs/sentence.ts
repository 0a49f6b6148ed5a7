import type { SourceStatement } from '#server/scripted/packs/ports'

/** What one rule makes of one statement: the name of the rule and the body of the test that tests exactly it. */
export interface Claim {
  ref: string
  rule: string
  /** the test's name behind the tag, in plain words */
  says: string
  /** statements of JavaScript inside an async test function; contains no text of the requirement but as JSON */
  body: string
}

/** Sentences longer than this are compiled by no rule; it also bounds every pattern's cost. */
const MAX_LENGTH = 400

/** A statement in the form the patterns are written for: one line, no markup, no final stop. Null if no rule may try. */
export function simplified(statement: SourceStatement): string | null {
  if (statement.kind === 'context' || statement.text.length > MAX_LENGTH) return null
  const line = statement.text.replaceAll(/[“”]/g, '"').replaceAll(/[‘’]/g, "'").replaceAll(/\s+/g, ' ').trim()
  return line.replace(/\s*[.!;]$/, '')
}

/** A JavaScript literal that is safe anywhere in a source file, also inside HTML and on one line. */
export function literal(value: unknown): string {
  const escapes: Record<string, string> = { '<': '\\u003c', '\u2028': '\\u2028', '\u2029': '\\u2029' }
  return (JSON.stringify(value) ?? 'null').replaceAll(/[<\u2028\u2029]/g, (sign) => escapes[sign] ?? sign)
}

/** One tagged test. Only the ref and words of ours get into the source unescaped. */
export function taggedTest(claim: Claim): string {
  const lines = claim.body.trim().split('\n')
  return [
    `test(${literal(`[${claim.ref}] ${claim.says}`)}, async () => {`,
    ...lines.map((line) => `  ${line}`),
    '})',
    '',
  ].join('\n')
}

/** Words that make more of a name than a plain field: kinds of rules, numbers of things, relations. */
export const notNames =
  /\b(?:optional|required|mandatory|unique|valid|invalid|own|many|several|multiple|no|not|some|any|all|few|other|additional|custom|empty|missing|following|these|those|of|in|on|with|without|from|for|to|that|which|when|if|at|by|per|than|only|list|set|history|attachment|image|photo|picture|file|has|have|input|form|text|two|three|four|five|six|seven|eight|nine|ten)\b/i
/** "status" and "address" end like a plural and are none. */
const severalThings = /(?:[^sui]|ie)s$/i

/** "a title, an owner and a due date" → its parts, without articles. Null when a part is no plain name. */
export function namesIn(list: string): string[] | null {
  const parts = list
    .split(/\s*,\s*(?:and |or )?|\s+(?:and|or)\s+/)
    .map((part) => part.trim().replace(/^(?:an?|the|its|their|one) /i, ''))
  const isPlain = (part: string) => /^[a-z]+(?:[ -][a-z]+){0,2}$/i.test(part) && part.length <= 40
  const isName = (part: string) => isPlain(part) && !notNames.test(part) && !severalThings.test(part)
  return parts.length <= 20 && parts.every(isName) ? parts : null
}

/** "open, doing or done" → its values, quotes removed. */
export function valuesIn(list: string): string[] | null {
  const parts = list
    .split(/\s*,\s*(?:and |or )?|\s+(?:and|or)\s+/)
    .map((part) => part.trim().replaceAll(/^["'`]|["'`]$/g, ''))
  const isValue = (part: string) => /^[\w][\w -]{0,39}$/.test(part)
  return parts.length >= 2 && parts.length <= 20 && parts.every(isValue) ? parts : null
}

/** "due date" → dueDate; always a plain identifier, never a name JavaScript gives a meaning of its own. */
export function identifier(name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? ['thing']
  const joined = words.map((word, at) => (at === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('')
  return /^(?:[0-9]|constructor$|prototype$|toString$|valueOf$|hasOwn)/.test(joined) ? `the${joined}` : joined
}

/** The plural of an English noun, by the regular rules. */
export function plural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`
  return /(?:s|x|z|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`
}

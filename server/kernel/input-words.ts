import { z } from 'zod'

const counted = (count: number | bigint, one: string, many: string) =>
  `${count.toLocaleString('en')} ${count === 1 || count === 1n ? one : many}`

/** What is counted of a value that has a size, or null for a number. */
function units(origin: string): [one: string, many: string] | null {
  if (origin === 'string') return ['character', 'characters']
  return origin === 'array' || origin === 'set' || origin === 'map' ? ['entry', 'entries'] : null
}

function limit(origin: string, bound: number | bigint): string {
  const unit = units(origin)
  return unit ? counted(bound, ...unit) : bound.toLocaleString('en')
}

const formats: Record<string, string> = {
  email: 'Enter an e-mail address',
  url: 'Enter a whole address, such as https://example.com',
  uuid: 'This is not an id',
}

/**
 * Refused input in words for people, where a schema has no sentence of its own. Without a full stop: whoever shows it
 * away from its field puts the field's name before it.
 */
const inputWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'too_big':
      return `Enter at most ${limit(issue.origin, issue.maximum)}`
    case 'too_small':
      return units(issue.origin) && Number(issue.minimum) === 1
        ? 'This must not be empty'
        : `Enter at least ${limit(issue.origin, issue.minimum)}`
    case 'invalid_type':
      if (issue.input === undefined || issue.input === null) return 'This is missing'
      if (issue.expected === 'int') return 'Enter a whole number'
      return issue.expected === 'number' ? 'Enter a number' : undefined
    case 'invalid_format':
      return formats[issue.format] ?? 'This does not have the right form'
    case 'not_multiple_of':
      return `Enter a multiple of ${issue.divisor}`
    default:
      return undefined // zod's own words name what is possible
  }
}

/** From now on every schema of this process refuses in these words. */
export function speakPlainly(): void {
  z.config({ customError: inputWords })
}

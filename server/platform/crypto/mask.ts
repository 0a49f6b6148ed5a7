/** What stands where a secret stood. */
export const MASK = '***'

/** Shorter values are not masked: they would blank out ordinary words and hide nothing worth hiding. */
const SHORTEST = 6

/**
 * Every way a value commonly appears in text: as it is, URL-encoded, in hex, JSON-escaped, and in base64 and base64url
 * wherever it may start inside an encoded text (base64 works on groups of three bytes, so there are three forms; the
 * characters that also depend on the neighbouring bytes are left out).
 */
export function secretForms(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const forms = new Set([
    secret,
    encodeURIComponent(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ])
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const certain = encoded.slice(offset === 0 ? 0 : offset + 1, -1)
    if (certain.length < SHORTEST + 2) continue
    forms.add(certain)
    forms.add(certain.replaceAll('+', '-').replaceAll('/', '_'))
  }
  return [...forms].filter((form) => form.length >= SHORTEST)
}

/** One pattern for all forms of all secrets, longest first so that no tail of a longer one stays behind. */
function patternOf(secrets: Iterable<string>): { pattern: RegExp | null; longest: number } {
  const forms = [...new Set([...secrets].filter((secret) => secret.length >= SHORTEST).flatMap(secretForms))]
  if (forms.length === 0) return { pattern: null, longest: 0 }
  forms.sort((a, b) => b.length - a.length)
  const escaped = forms.map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return { pattern: new RegExp(escaped.join('|'), 'g'), longest: forms[0]?.length ?? 0 }
}

/** Masks known secrets in whole texts. */
export function createMask(secrets: Iterable<string>): (text: string) => string {
  const { pattern } = patternOf(secrets)
  return (text) => (pattern ? text.replace(pattern, MASK) : text)
}

/** Masks known secrets in a text that arrives in pieces, also where a secret is cut between two of them. */
export interface StreamMask {
  /** Takes a piece and returns what is certainly free of secrets; the end is held back until it is certain. */
  push: (piece: string) => string
  /** Returns what was held back. */
  end: () => string
}

/** A masker for one stream. It holds back as many characters as the longest secret has, less one. */
export function createStreamMask(secrets: Iterable<string>): StreamMask {
  const { pattern, longest } = patternOf(secrets)
  let held = ''
  const take = (length: number): string => {
    const ready = held.slice(0, length)
    held = held.slice(length)
    return ready
  }
  return {
    push(piece) {
      held += piece
      if (pattern) held = held.replace(pattern, MASK)
      return take(Math.max(0, held.length - Math.max(0, longest - 1)))
    },
    end: () => take(held.length),
  }
}

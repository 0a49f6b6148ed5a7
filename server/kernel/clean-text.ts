/**
 * Makes any string storable in Postgres: NUL is refused by `text` and `jsonb`, and lone surrogates are refused by
 * `jsonb` and silently changed in `text`. Both become U+FFFD, so nothing else moves.
 */
export function cleanText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}

/** The same for every string inside a JSON value, keys included. */
export function cleanJson<T>(value: T): T {
  if (typeof value === 'string') return cleanText(value) as T
  if (Array.isArray(value)) return value.map(cleanJson) as T
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [cleanText(key), cleanJson(inner)])) as T
  }
  return value
}

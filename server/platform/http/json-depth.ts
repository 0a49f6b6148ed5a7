import { AppError } from '#server/kernel/app-error'

/** Nothing we take nests deeper than a handful of levels. */
const DEEPEST = 64
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Bytes of a string that are looked at one by one; the end of a longer one is searched for, which costs a call. */
const SHORT_STRING = 24

/**
 * Refuses JSON that nests deeper than any of ours does, before it is parsed: the parser takes a million levels and is
 * busy for a second, and whatever walks over the result afterwards runs out of stack.
 * @returns whether every bracket and string that was opened is closed: false for a body that was cut off
 * @throws AppError json-too-deep
 */
export function refuseDeepJson(bytes: Uint8Array): boolean {
  let depth = 0
  let at = 0
  while (at < bytes.length) {
    const byte = bytes[at++] as number
    if (byte === QUOTE) at = afterString(bytes, at)
    else if (byte === 0x5b || byte === 0x7b) depth += 1
    else if (byte === 0x5d || byte === 0x7d) depth -= 1
    if (depth > DEEPEST) {
      throw new AppError({
        code: 'json-too-deep',
        kind: 'invalid',
        message: `The JSON nests more than ${DEEPEST} levels deep. Nothing was saved.`,
      })
    }
  }
  return depth === 0 && at === bytes.length
}

/** The place behind the closing quote of a string; behind the end when it is never closed. */
function afterString(bytes: Uint8Array, from: number): number {
  let at = from
  for (const near = from + SHORT_STRING; at < near; at += 1) {
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    if (byte === BACKSLASH) at += 1
  }
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at)
    if (quote < 0) return bytes.length + 1
    let before = quote
    while (before > at && bytes[before - 1] === BACKSLASH) before -= 1
    at = quote + 1
    if ((quote - before) % 2 === 0) return at
  }
}

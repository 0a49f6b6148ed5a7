import { AppError } from '#server/kernel/app-error'

/** Nothing we take nests deeper than a handful of levels. */
const DEEPEST = 64
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Refuses JSON that nests deeper than any of ours does, before it is parsed: the parser takes a million levels and is
 * busy for a second, and whatever walks over the result afterwards runs out of stack.
 * @throws AppError json-too-deep
 */
export function refuseDeepJson(bytes: Uint8Array): void {
  let depth = 0
  let inString = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (inString) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
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
}

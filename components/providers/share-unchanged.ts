const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

const isSame = (before: unknown, after: unknown) =>
  Object.is(before, after) || (before instanceof Date && after instanceof Date && before.getTime() === after.getTime())

/**
 * A new answer with every part that says the same as in the one before replaced by that very part, so that what shows it
 * is not drawn again. The library's own way takes every date for a change, and nearly all our rows have one.
 */
export function shareUnchanged(before: unknown, after: unknown): unknown {
  if (isSame(before, after)) return before
  if (Array.isArray(before) && Array.isArray(after)) {
    const shared = after.map((value, index) => (index < before.length ? shareUnchanged(before[index], value) : value))
    return shared.length === before.length && shared.every((value, index) => Object.is(value, before[index]))
      ? before
      : shared
  }
  if (isPlain(before) && isPlain(after)) {
    const names = Object.keys(after)
    const shared = Object.fromEntries(
      names.map((name) => [
        name,
        Object.hasOwn(before, name) ? shareUnchanged(before[name], after[name]) : after[name],
      ]),
    )
    const unchanged = names.every((name) => Object.hasOwn(before, name) && Object.is(shared[name], before[name]))
    return unchanged && names.length === Object.keys(before).length ? before : shared
  }
  return after
}

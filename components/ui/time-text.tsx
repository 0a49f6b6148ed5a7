const steps: [limitSeconds: number, unitSeconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, 'second'],
  [3600, 60, 'minute'],
  [86_400, 3600, 'hour'],
  [7 * 86_400, 86_400, 'day'],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** "2026-11-23 05:14 UTC": the same on every machine. */
export function absoluteTime(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** "3 minutes ago"; the day after a week. */
export function relativeTime(at: Date, now: number): string {
  const seconds = (at.getTime() - now) / 1000
  if (Math.abs(seconds) < 5) return 'just now'
  for (const [limit, size, unit] of steps) {
    if (Math.abs(seconds) < limit) return relative.format(Math.round(seconds / size), unit)
  }
  return absoluteTime(at).slice(0, 10)
}

/** "14:02 UTC", with the day before it when that is not today's: the same clock as in the reasons the server writes. */
export function clockTime(at: Date, now: number | undefined): string {
  const absolute = absoluteTime(at)
  const today = now !== undefined && absolute.slice(0, 10) === absoluteTime(new Date(now)).slice(0, 10)
  return today ? absolute.slice(11) : absolute
}

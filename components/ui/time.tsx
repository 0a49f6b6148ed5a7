'use client'

import { useNow } from './clock'

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

/** Absolute in UTC from the server, relative once the page is alive; the absolute time stays in the title. */
export function Time({ value, className }: { value: Date | string; className?: string }) {
  const at = typeof value === 'string' ? new Date(value) : value
  const now = useNow(10)
  const absolute = absoluteTime(at)
  return (
    <time dateTime={at.toISOString()} title={absolute} className={className} suppressHydrationWarning>
      {now === undefined ? absolute : relativeTime(at, at.getTime() > now ? Math.max(now, Date.now()) : now)}
    </time>
  )
}

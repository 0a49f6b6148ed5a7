'use client'

import { useNow } from './clock'
import { absoluteTime, clockTime, relativeTime } from './time-text'

/** A moment by the clock, for what is waited for; how long ago it was stays in the title. */
export function ClockTime({ value }: { value: Date }) {
  const now = useNow(10)
  return (
    <time
      dateTime={value.toISOString()}
      title={now === undefined ? undefined : relativeTime(value, now)}
      className="number whitespace-nowrap"
      suppressHydrationWarning
    >
      {clockTime(value, now)}
    </time>
  )
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

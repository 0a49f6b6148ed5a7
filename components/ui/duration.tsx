'use client'

import { useNow } from './clock'
import { durationText } from './duration-text'

/** A length of time that is over. */
export function Duration({ milliseconds, className }: { milliseconds: number; className?: string }) {
  return <span className={className ? `number ${className}` : 'number'}>{durationText(milliseconds)}</span>
}

/** A length of time that still grows while `until` is missing; stands still while the page is disconnected. */
export function Elapsed({
  since,
  until,
  className,
}: {
  since: Date | string
  until?: Date | string | null
  className?: string
}) {
  const start = new Date(since).getTime()
  const now = useNow(1)
  const end = until ? new Date(until).getTime() : now
  return (
    <span className={className ? `number ${className}` : 'number'}>
      {end === undefined ? '…' : durationText(Math.max(0, end - start))}
    </span>
  )
}

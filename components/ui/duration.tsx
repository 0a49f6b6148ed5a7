'use client'

import { useNow } from './clock'
import { durationText } from './duration-text'

/** A length of time that is over. */
export function Duration({ milliseconds, className }: { milliseconds: number; className?: string | undefined }) {
  return <span className={className ? `number ${className}` : 'number'}>{durationText(milliseconds)}</span>
}

interface ElapsedProps {
  since: Date | string
  until?: Date | string | null
  className?: string
}

/** A length of time that still grows while `until` is missing; stands still while the page is disconnected. */
export function Elapsed({ since, until, className }: ElapsedProps) {
  const start = new Date(since).getTime()
  if (!until) return <Growing start={start} className={className} />
  return <Duration milliseconds={Math.max(0, new Date(until).getTime() - start)} className={className} />
}

/** Apart, because it is drawn every second, and what is over never again. */
function Growing({ start, className }: { start: number; className: string | undefined }) {
  const now = useNow(1)
  return (
    <span className={className ? `number ${className}` : 'number'}>
      {now === undefined ? '…' : durationText(Math.max(0, now - start))}
    </span>
  )
}

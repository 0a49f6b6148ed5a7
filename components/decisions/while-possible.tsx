'use client'

import { type ReactNode, useEffect, useState } from 'react'
import { useNow } from '#components/ui/clock'
import { durationText } from '#components/ui/duration-text'

/**
 * Shows what stands inside for as long as the server said when it made the page, and how long that still is. Without
 * JavaScript it stays, and the server refuses what comes late.
 */
export function WhilePossible({ milliseconds, children }: { milliseconds: number; children: ReactNode }) {
  const now = useNow()
  const [until, setUntil] = useState<number>()
  useEffect(() => setUntil(Date.now() + milliseconds), [milliseconds])
  const left = until === undefined || now === undefined ? null : Math.ceil((until - now) / 1000)
  if (left === null) return children
  if (left <= 0) return null
  return (
    <div className="flex flex-wrap items-center gap-3">
      {children}
      <span className="number text-table text-muted" aria-hidden>
        {left < 60 ? `${left} s` : durationText(left * 1000)}
      </span>
    </div>
  )
}

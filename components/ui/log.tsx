'use client'

import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { ansiLine } from './ansi'
import { Button } from './button'
import { classNames } from './class-names'

export interface LogLine {
  /** Stable and ascending, for example the sequence in the run's log. */
  id: string | number
  text: string
  /** A word before the line: "tool", "notice", "error". Said, not only coloured. */
  tag?: string
  tone?: 'normal' | 'muted' | 'error' | 'notice'
  at?: Date | string
}

const tones = { normal: '', muted: 'text-muted', error: 'text-failed-fg', notice: 'text-running-fg' } as const

/** A line cannot freeze the page, however long it is. */
const LONGEST_LINE = 4000
const shown = (text: string) =>
  text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}… (${text.length - LONGEST_LINE} more characters)` : text

function Line({ line, timestamps }: { line: LogLine; timestamps: boolean }) {
  return (
    <>
      {timestamps && line.at && (
        <span className="mr-3 text-subtle select-none">{new Date(line.at).toISOString().slice(11, 19)}</span>
      )}
      {line.tag && <span className="mr-2 text-subtle">{line.tag}</span>}
      <span className={tones[line.tone ?? 'normal']}>{ansiLine(shown(line.text))}</span>
    </>
  )
}

function FollowButton({ missed, onClick }: { missed: number; onClick: () => void }) {
  return (
    <Button size="small" variant="primary" className="absolute right-4 bottom-3 shadow-floating" onClick={onClick}>
      <ArrowDown aria-hidden />
      {missed > 0 ? `${missed} new ${missed === 1 ? 'line' : 'lines'}` : 'Follow the end'}
    </Button>
  )
}

/**
 * A log of any length: only visible lines exist in the page. Follows the end until somebody scrolls up; then a button
 * counts what came in since. Not announced line by line.
 */
export function Log(props: { lines: LogLine[]; label: string; timestamps?: boolean; className?: string }) {
  const { lines, label, timestamps = false, className } = props
  const box = useRef<HTMLDivElement>(null)
  const [following, setFollowing] = useState(true)
  const [seen, setSeen] = useState(lines.length)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    getItemKey: (index) => lines[index]?.id ?? index,
    estimateSize: () => 20,
    overscan: 20,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: 24,
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the box exists
  useEffect(() => {
    virtual.scrollToEnd({ behavior: 'auto' })
  }, [])
  useEffect(() => {
    if (following) setSeen(lines.length)
  }, [following, lines.length])

  return (
    <div className={classNames('relative rounded-md border border-border bg-sunken', className)}>
      <div
        ref={box}
        role="log"
        aria-label={label}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll container must be reachable by keyboard
        tabIndex={0}
        onScroll={() => setFollowing(virtual.isAtEnd(24))}
        className="h-96 overflow-y-auto px-3 py-2 font-mono text-code outline-offset-[-2px] [overflow-anchor:none]"
      >
        <div className="relative w-full" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index]
            if (!line) return null
            return (
              <div
                key={item.key}
                data-index={item.index}
                ref={virtual.measureElement}
                className="absolute top-0 left-0 min-h-5 w-full wrap-anywhere whitespace-pre-wrap"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Line line={line} timestamps={timestamps} />
              </div>
            )
          })}
        </div>
      </div>
      {!following && (
        <FollowButton missed={lines.length - seen} onClick={() => virtual.scrollToEnd({ behavior: 'auto' })} />
      )}
    </div>
  )
}

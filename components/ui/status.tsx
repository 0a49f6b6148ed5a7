import type { ReactNode } from 'react'
import { classNames } from './class-names'
import { Glyph, type GlyphName } from './glyph'

const looks = {
  queued: { icon: 'circle-dashed', word: 'Queued', pill: 'bg-queued-soft', text: 'text-queued-fg' },
  waiting: { icon: 'clock', word: 'Waiting', pill: 'bg-queued-soft', text: 'text-queued-fg' },
  running: { icon: 'loader-circle', word: 'Running', pill: 'bg-running-soft', text: 'text-running-fg' },
  'needs-you': {
    icon: 'circle-question-mark',
    word: 'Needs you',
    pill: 'bg-needs-you-soft',
    text: 'text-needs-you-fg',
  },
  done: { icon: 'check', word: 'Done', pill: 'bg-succeeded-soft', text: 'text-succeeded-fg' },
  'partly-done': { icon: 'check', word: 'Partly done', pill: 'bg-needs-you-soft', text: 'text-needs-you-fg' },
  failed: { icon: 'octagon-x', word: 'Failed', pill: 'bg-failed-soft', text: 'text-failed-fg' },
  paused: { icon: 'circle-pause', word: 'Paused', pill: 'bg-paused-soft', text: 'text-paused-fg' },
  retrying: { icon: 'rotate-cw', word: 'Retrying', pill: 'bg-running-soft', text: 'text-running-fg' },
  cancelled: { icon: 'slash', word: 'Cancelled', pill: 'bg-cancelled-soft', text: 'text-cancelled-fg' },
  skipped: { icon: 'skip-forward', word: 'Skipped', pill: 'bg-cancelled-soft', text: 'text-cancelled-fg' },
} as const satisfies Record<string, { icon: GlyphName; word: string; pill: string; text: string }>

export type StatusKind = keyof typeof looks

/** The solid colour of a status for bars, edges and dots; always beside a word or an icon. */
export const statusSolid: Record<StatusKind, string> = {
  queued: 'var(--st-queued-solid)',
  waiting: 'var(--st-queued-solid)',
  running: 'var(--st-running-solid)',
  'needs-you': 'var(--st-needs-you-solid)',
  done: 'var(--st-succeeded-solid)',
  'partly-done': 'var(--st-needs-you-solid)',
  failed: 'var(--st-failed-solid)',
  paused: 'var(--st-paused-solid)',
  retrying: 'var(--st-running-solid)',
  cancelled: 'var(--st-cancelled-solid)',
  skipped: 'var(--st-cancelled-solid)',
}

export interface StatusProps {
  kind: StatusKind
  /** Replaces the word: "Waiting for 2", "Retry 2 of 3", "Running 2:14". */
  children?: ReactNode
  /** pill has a soft background, plain is icon and word, icon hides the word from sight only. */
  look?: 'pill' | 'plain' | 'icon'
  className?: string
}

/** A state of work: icon, word and colour, never colour alone. */
export function Status({ kind, children, look = 'pill', className }: StatusProps) {
  const { icon, word, pill, text } = looks[kind]
  return (
    <span
      data-status={kind}
      title={look === 'icon' ? word : undefined}
      className={classNames(
        'inline-flex gap-1 text-meta font-medium whitespace-nowrap number',
        text,
        // beside other words the word stands on their line, not the icon
        look === 'plain' ? 'items-baseline' : 'items-center',
        look === 'pill' && ['min-h-6 rounded-full px-2', pill],
        className,
      )}
    >
      <Glyph
        name={icon}
        className={classNames('size-3.5 shrink-0 self-center', (kind === 'running' || kind === 'retrying') && 'spin')}
      />
      <span className={look === 'icon' ? 'sr-only' : undefined}>{children ?? word}</span>
    </span>
  )
}

import type { ReactNode } from 'react'
import { classNames } from './class-names'
import { Glyph } from './glyph'

const tones = {
  neutral: 'bg-queued-soft text-queued-fg',
  accent: 'bg-accent-soft text-accent-soft-fg',
  good: 'bg-succeeded-soft text-succeeded-fg',
  attention: 'bg-needs-you-soft text-needs-you-fg',
  bad: 'bg-failed-soft text-failed-fg',
} as const

export type BadgeTone = keyof typeof tones

/** A short word about a thing. For states of work use Status, which adds the icon. */
export function Badge(props: { tone?: BadgeTone; title?: string; className?: string; children: ReactNode }) {
  const { tone = 'neutral', className, ...rest } = props
  return (
    <span
      className={classNames(
        'inline-flex min-h-5 items-center gap-1 rounded-sm px-1.5 text-meta font-medium whitespace-nowrap [&_svg]:size-3',
        tones[tone],
        className,
      )}
      {...rest}
    />
  )
}

/** Marks everything that the built-in scripted provider made, so that nobody takes it for a model's work. */
export function ScriptedBadge({ className }: { className?: string }) {
  return (
    <Badge
      tone="attention"
      title="Made by the built-in scripted provider. No AI model was called."
      className={className}
    >
      <Glyph name="flask-conical" />
      scripted
    </Badge>
  )
}

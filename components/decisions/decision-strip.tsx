'use client'

import { CircleQuestionMark } from 'lucide-react'
import { useMay } from '#components/providers/permissions'
import { VisibleText } from '#components/runs/visible-text'
import { ButtonLink } from '#components/ui/link'
import { Time } from '#components/ui/time'
import type { DecisionView } from '#server/decisions/queries'
import { blockedInWords } from './decision-words'

/** What needs a person, directly under the header. Nothing is drawn when nothing does. */
export function DecisionStrip({ decisions }: { decisions: readonly DecisionView[] }) {
  const may = useMay('decision.answer')
  if (decisions.length === 0) return null
  const needsYou = may && decisions.some((decision) => decision.asked)
  return (
    <section
      aria-labelledby="needs-you"
      className="flex flex-col gap-1 rounded-lg border border-needs-you-solid bg-needs-you-soft px-4 py-3 text-needs-you-fg"
    >
      <h2 id="needs-you" className="flex items-center gap-2 text-body font-semibold">
        <CircleQuestionMark aria-hidden className="size-4" />
        {needsYou ? 'Needs you' : 'Waits for an answer'}
      </h2>
      <ul className="flex flex-col divide-y divide-border">
        {decisions.map((decision) => (
          <li key={decision.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-2">
            <span className="flex min-w-0 flex-1 basis-60 flex-col">
              <span className="text-body font-medium wrap-anywhere">
                <VisibleText text={decision.question} />
              </span>
              <span className="text-table">
                {blockedInWords(decision)} · asked <Time value={decision.createdAt} />
              </span>
            </span>
            {may && decision.asked ? (
              <ButtonLink
                href={`/decisions/${decision.id}`}
                variant="primary"
                aria-label={`Answer: ${decision.question}`}
              >
                Answer
              </ButtonLink>
            ) : (
              <ButtonLink href={`/decisions/${decision.id}`} aria-label={`Look at it: ${decision.question}`}>
                Look at it
              </ButtonLink>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

import type { ComponentType, ReactNode } from 'react'
import { VisibleText } from '#components/runs/visible-text'
import { Status } from '#components/ui/status'
import type { DecisionView } from '#server/decisions/queries'
import { labelOf, viaInWords } from './decision-words'

/** What became of a decision: who answered what, how and when, or why nobody has to. `children`: taking it back. */
export function DecisionOutcome(props: {
  decision: DecisionView
  /** How times are written. */
  When: ComponentType<{ value: Date }>
  children?: ReactNode
}) {
  const { decision, When, children } = props
  const label = labelOf(decision, decision.answer)
  const via = viaInWords(decision.answeredVia)
  if (decision.status === 'answered') {
    return (
      <section aria-label="Answer" className="flex flex-col gap-2 rounded-lg border border-border bg-surface px-4 py-3">
        <Status kind="done" className="self-start">
          Answered
        </Status>
        <p className="text-reading font-medium">
          <VisibleText text={label} />
        </p>
        {decision.comment && (
          <blockquote className="border-l-2 border-border-strong pl-3 text-body whitespace-pre-wrap text-muted">
            <VisibleText text={decision.comment} />
          </blockquote>
        )}
        <p className="text-table text-muted">
          by <VisibleText text={decision.answeredBy || 'the system'} />
          {decision.answeredAt && (
            <>
              {', '}
              <When value={decision.answeredAt} />
            </>
          )}
          {via && `, ${via}`}
        </p>
        {children}
      </section>
    )
  }
  const text =
    decision.status === 'expired'
      ? 'Nobody answered in time, and no work waited for the answer.'
      : decision.comment || 'What it was about has ended, so nobody needs to answer.'
  return (
    <section aria-label="Answer" className="flex flex-col gap-2 rounded-lg border border-border bg-surface px-4 py-3">
      <Status kind="cancelled" className="self-start">
        {decision.status === 'expired' ? 'Expired' : 'No longer needed'}
      </Status>
      <p className="text-body">
        <VisibleText text={text} />
      </p>
    </section>
  )
}

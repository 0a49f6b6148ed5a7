import { VisibleText } from '#components/runs/visible-text'
import { Status } from '#components/ui/status'
import { Time } from '#components/ui/time'
import type { DecisionView } from '#server/decisions/queries'

/** What became of a decision: who answered what and when, or why nobody has to. */
export function DecisionOutcome({ decision }: { decision: DecisionView }) {
  const label = decision.options.find((option) => option.id === decision.answer)?.label ?? decision.answer ?? ''
  if (decision.status === 'answered') {
    return (
      <section aria-label="Answer" className="flex flex-col gap-2 rounded-lg border border-border bg-surface px-4 py-3">
        <Status kind="done">Answered</Status>
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
              <Time value={decision.answeredAt} />
            </>
          )}
        </p>
      </section>
    )
  }
  const text = decision.comment || 'What it was about has ended, so nobody needs to answer.'
  return (
    <section aria-label="Answer" className="flex flex-col gap-2 rounded-lg border border-border bg-surface px-4 py-3">
      <Status kind="cancelled">{decision.status === 'expired' ? 'Expired' : 'No longer needed'}</Status>
      <p className="text-body">
        <VisibleText text={text} />
      </p>
    </section>
  )
}

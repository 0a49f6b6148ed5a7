import type { ReactNode } from 'react'
import { Button } from '#components/ui/button'
import type { DecisionView } from '#server/decisions/queries'

/**
 * A plain form that takes an answer back, while that is still possible. Works without JavaScript.
 * @param now milliseconds, when the page was made
 */
export function TakeBack(props: {
  decision: DecisionView
  now: number
  action: (form: FormData) => Promise<void>
  /** Further hidden fields of the form. */
  fields?: Record<string, string>
  /** The key that presses it, where there is one. */
  hint?: ReactNode
}) {
  const { decision, now, action, fields = {}, hint } = props
  if (decision.status !== 'answered' || !decision.undoUntil || decision.undoUntil.getTime() <= now) return null
  return (
    <form action={action} className="flex flex-wrap items-center gap-3">
      <input type="hidden" name="decisionId" value={decision.id} />
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <Button type="submit" size="large" data-decision-key="u">
        Take it back {hint}
      </Button>
      <span className="text-table text-muted">Possible for a moment, while nothing was built on it.</span>
    </form>
  )
}

import { Button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { Select } from '#components/ui/select'
import type { DecisionView } from '#server/decisions/queries'
import { KeyHint } from './decision-keys'
import { ableToAnswer } from './decision-words'

type Action = (form: FormData) => Promise<void>

/** Putting a decision off, and for whoever is asked handing it on and stopping its clock: plain forms, folded away. */
export function HandingForms(props: {
  decision: DecisionView
  members: readonly { userId: string; name: string | null; email: string; role: string }[]
  actions: { handOver: Action; putOff: Action; setClock: Action }
}) {
  const { decision, members, actions } = props
  const hidden = <input type="hidden" name="decisionId" value={decision.id} />
  return (
    <details className="rounded-lg border border-border bg-surface">
      <summary className="target content-center px-4 text-body font-medium">
        {decision.asked ? 'Not now, or not you?' : 'Not now?'}
      </summary>
      <div className="flex flex-col gap-4 border-t border-border px-4 py-3">
        {decision.asked && (
          <form action={actions.handOver} className="flex flex-wrap items-end gap-2">
            {hidden}
            <Field
              id="hand-over"
              label={
                <>
                  Hand it to <KeyHint>(D)</KeyHint>
                </>
              }
              className="min-w-0 flex-1 basis-48"
            >
              {(control) => (
                <Select name="userId" required data-decision-key="d" defaultValue="" {...control}>
                  <option value="">Choose somebody</option>
                  {ableToAnswer(decision, members).map((member) => (
                    <option key={member.userId} value={member.userId}>
                      {member.name ?? member.email}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            <Button type="submit">Hand over</Button>
          </form>
        )}
        <form action={actions.putOff} className="flex flex-wrap items-end gap-2">
          {hidden}
          <Field id="put-off" label="Do not show it to me for" className="min-w-0 flex-1 basis-48">
            {(control) => (
              <Select name="minutes" defaultValue="60" {...control}>
                <option value="60">1 hour</option>
                <option value="240">4 hours</option>
                <option value="1440">1 day</option>
                <option value="10080">1 week</option>
              </Select>
            )}
          </Field>
          <Button type="submit" data-decision-key="h">
            Snooze <KeyHint>(H)</KeyHint>
          </Button>
        </form>
        {decision.asked && decision.deadline && (
          <form action={actions.setClock} className="flex flex-wrap items-center gap-3">
            {hidden}
            <input type="hidden" name="held" value={decision.heldAt ? 'false' : 'true'} />
            <Button type="submit">{decision.heldAt ? 'Start the clock again' : 'Stop the clock'}</Button>
            <span className="text-table text-muted">While it stands still, nothing happens by itself.</span>
          </form>
        )}
      </div>
    </details>
  )
}

import { VisibleText } from '#components/runs/visible-text'
import { Badge } from '#components/ui/badge'
import { Radio } from '#components/ui/choice'
import { Field, FieldGroup } from '#components/ui/field'
import { Textarea } from '#components/ui/textarea'
import type { DecisionView, OptionView } from '#server/decisions/queries'
import { commentHint, deltasInWords } from './decision-words'

function Label({ option, position, recommended }: { option: OptionView; position: number; recommended: boolean }) {
  return (
    <span className="flex flex-wrap items-center gap-2">
      <span>
        <span className="number text-muted">{position}. </span>
        <VisibleText text={option.label} />
      </span>
      {recommended && <Badge tone="accent">recommended</Badge>}
    </span>
  )
}

function Consequence({ option }: { option: OptionView }) {
  const undo = { true: 'Can be changed later.', false: 'Cannot be undone.', null: '' }[String(option.reversible)]
  const deltas = deltasInWords(option)
  return (
    <>
      <VisibleText text={option.consequence} /> {undo}
      {deltas.length > 0 && <span className="number block">{deltas.join(' · ')}</span>}
    </>
  )
}

/**
 * The options and the comment of a decision, as plain form fields: they work with and without JavaScript. The
 * recommended option is chosen at first, unless the page controls the choice itself or leaves it to the person.
 */
export function DecisionFields(props: {
  decision: DecisionView
  chosen?: string
  /** What the comment begins with. */
  comment?: string
  onChoose?: (option: string) => void
  disabled?: boolean
  /** Nothing is chosen at first: an answer then takes a person's own choice. */
  unchosen?: boolean
}) {
  const { decision, chosen, comment, onChoose, disabled, unchosen = false } = props
  const choice = (id: string) =>
    onChoose
      ? { checked: chosen === id, onChange: () => onChoose(id) }
      : { defaultChecked: (chosen ?? (unchosen ? null : decision.recommended)) === id }
  return (
    <div className="flex flex-col gap-4">
      <FieldGroup legend="Your answer">
        {decision.options.map((option, index) => (
          <Radio
            key={option.id}
            name="option"
            value={option.id}
            required
            framed
            data-decision-key={index + 1}
            disabled={disabled}
            label={<Label option={option} position={index + 1} recommended={option.id === decision.recommended} />}
            hint={<Consequence option={option} />}
            {...choice(option.id)}
          />
        ))}
      </FieldGroup>
      {decision.recommendedWhy && (
        <p className="text-table text-muted">
          Why it is recommended: <VisibleText text={decision.recommendedWhy} />
        </p>
      )}
      <Field id={`comment-${decision.id}`} label="Comment" optional hint={commentHint(decision.kind)}>
        {(control) => (
          <Textarea name="comment" rows={2} maxLength={4000} defaultValue={comment} disabled={disabled} {...control} />
        )}
      </Field>
    </div>
  )
}

import type { ComponentProps, ReactNode } from 'react'
import { classNames } from './class-names'

type ChoiceProps = Omit<ComponentProps<'input'>, 'type'> & {
  label: ReactNode
  /** What choosing it means, under the label. */
  hint?: ReactNode
  /** Draws a frame around the choice, for few choices that matter. */
  framed?: boolean
}

function Choice({ type, label, hint, framed, className, ...rest }: ChoiceProps & { type: 'checkbox' | 'radio' }) {
  return (
    <label
      className={classNames(
        'target flex cursor-pointer items-start gap-3 has-disabled:cursor-not-allowed has-disabled:opacity-60',
        framed
          ? 'rounded-md border border-border-strong bg-surface px-3 py-3 hover:bg-sunken has-checked:border-accent has-checked:bg-accent-soft'
          : 'py-1.5',
        className,
      )}
    >
      <input type={type} className="mt-0.5 size-4 shrink-0 accent-accent pointer-coarse:size-5" {...rest} />
      <span className="flex flex-col">
        <span className={classNames('text-body', framed && 'font-medium')}>{label}</span>
        {hint && <span className="text-table text-muted">{hint}</span>}
      </span>
    </label>
  )
}

export function Checkbox(props: ChoiceProps) {
  return <Choice type="checkbox" {...props} />
}

/** Radios of one question share `name` and stand in a FieldGroup. */
export function Radio(props: ChoiceProps) {
  return <Choice type="radio" {...props} />
}

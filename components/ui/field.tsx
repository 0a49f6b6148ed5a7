import type { ReactNode } from 'react'
import { classNames } from './class-names'

interface FieldControl {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

export interface FieldProps {
  /** Id of the control; hint and error get ids derived from it. */
  id: string
  label: ReactNode
  hint?: ReactNode
  error?: string
  optional?: boolean
  className?: string
  /** Draws the control with the attributes that tie it to label, hint and error. */
  children: (control: FieldControl) => ReactNode
}

/** Label above, hint below, error in words beneath it: the same order for eye and ear. */
export function Field({ id, label, hint, error, optional, className, children }: FieldProps) {
  const hintId = `${id}-hint`
  const errorId = `${id}-error`
  const describedBy = [error && errorId, hint && hintId].filter(Boolean).join(' ') || undefined
  return (
    <div className={classNames('flex flex-col gap-1', className)}>
      <label htmlFor={id} className="text-body font-medium">
        {label}
        {optional && <span className="font-normal text-subtle"> (optional)</span>}
      </label>
      {children({ id, 'aria-describedby': describedBy, 'aria-invalid': error ? true : undefined })}
      {error && (
        <p id={errorId} role="alert" className="text-table font-medium text-failed-fg">
          {error}
        </p>
      )}
      {hint && (
        <p id={hintId} className="text-table text-muted">
          {hint}
        </p>
      )}
    </div>
  )
}

/** A group of choices under one question. */
export function FieldGroup(props: { legend: ReactNode; hint?: ReactNode; className?: string; children: ReactNode }) {
  return (
    <fieldset className={classNames('flex flex-col gap-2', props.className)}>
      <legend className="mb-1 text-body font-medium">{props.legend}</legend>
      {props.hint && <p className="text-table text-muted">{props.hint}</p>}
      {props.children}
    </fieldset>
  )
}

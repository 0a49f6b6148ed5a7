import type { ComponentProps } from 'react'
import { classNames } from './class-names'

export const controlClasses =
  'weak:w-full rounded-md border border-border-strong bg-surface px-3 weak:text-body text-text placeholder:text-subtle ' +
  'disabled:cursor-not-allowed disabled:opacity-60 aria-invalid:border-danger aria-invalid:outline-danger ' +
  // iOS zooms into fields with letters under 16 px
  'max-md:text-reading'

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={classNames('target py-1', controlClasses, className)} {...rest} />
}

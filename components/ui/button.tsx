import type { ComponentProps, MouseEvent } from 'react'
import { classNames } from './class-names'

const base =
  'target inline-flex items-center justify-center gap-2 rounded-md border font-medium select-none ' +
  'transition-colors disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:cursor-not-allowed aria-disabled:opacity-60 ' +
  '[&_svg]:size-4 [&_svg]:shrink-0'

const variants = {
  primary: 'border-transparent bg-accent text-accent-fg hover:bg-accent-hover',
  secondary: 'border-border-strong bg-surface text-text hover:bg-sunken',
  quiet: 'border-transparent bg-transparent text-muted hover:bg-sunken hover:text-text',
  danger: 'border-transparent bg-danger text-danger-fg hover:opacity-90',
}

const sizes = {
  small: 'weak:px-2 py-0.5 text-table',
  medium: 'weak:px-3 py-1 text-body',
  large: 'min-h-12 weak:px-5 py-2 text-reading',
}

export interface ButtonLook {
  variant?: keyof typeof variants
  size?: keyof typeof sizes
}

/** The look of a button for what is none: a link. */
export function buttonClasses({ variant = 'secondary', size = 'medium' }: ButtonLook): string {
  return classNames(base, variants[variant], sizes[size])
}

export type ButtonProps = ComponentProps<'button'> & ButtonLook & { busy?: boolean }

const refuse = (event: MouseEvent<HTMLButtonElement>) => event.preventDefault()

/**
 * A busy button keeps its label, its place and the focus, says so to assistive technology, and refuses a second press.
 * It is not `disabled` meanwhile: a browser takes the focus away from what is.
 */
export function Button({ variant, size, busy = false, className, type = 'button', onClick, ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      className={classNames(buttonClasses({ variant, size }), busy && 'cursor-progress', className)}
      {...rest}
      onClick={busy ? refuse : onClick}
    />
  )
}

/** A square button with an icon only: the label is what a screen reader says and what the pointer sees. */
export function IconButton({
  label,
  className,
  ...rest
}: Omit<ButtonProps, 'aria-label' | 'title'> & { label: string }) {
  return (
    <Button
      variant="quiet"
      aria-label={label}
      title={label}
      className={classNames('aspect-square px-0', className)}
      {...rest}
    />
  )
}

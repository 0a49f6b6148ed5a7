import type { ComponentProps } from 'react'
import { type ButtonLook, buttonClasses } from './button'
import { classNames } from './class-names'
import { absoluteTime } from './time-text'

// For pages outside the frame, which people open from a message on a phone: plain markup, no code for the browser.

/** A link inside text. The browser loads the page it leads to. */
export function PlainLink({ className, ...rest }: ComponentProps<'a'>) {
  return (
    <a
      className={classNames('text-link underline decoration-1 underline-offset-2 hover:decoration-2', className)}
      {...rest}
    />
  )
}

/** Goes somewhere, looks like a button. */
export function PlainButtonLink({ variant, size, className, ...rest }: ComponentProps<'a'> & ButtonLook) {
  return <a className={classNames(buttonClasses({ variant, size }), className)} {...rest} />
}

/** A time that stays as it was written: absolute, in UTC. */
export function PlainTime({ value }: { value: Date }) {
  return <time dateTime={value.toISOString()}>{absoluteTime(value)}</time>
}

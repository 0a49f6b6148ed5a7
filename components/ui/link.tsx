import type { ComponentProps } from 'react'
import { type ButtonLook, buttonClasses } from './button'
import { classNames } from './class-names'
import { IntentLink } from './intent-link'

/** A link inside text: underlined, because colour alone does not tell it apart. */
export function TextLink({ className, ...rest }: ComponentProps<typeof IntentLink>) {
  return (
    <IntentLink
      className={classNames(
        'weak:text-link weak:underline decoration-1 underline-offset-2 hover:decoration-2',
        className,
      )}
      {...rest}
    />
  )
}

/** A link that covers its row or card: quiet until it is pointed at. */
export function QuietLink({ className, ...rest }: ComponentProps<typeof IntentLink>) {
  return <IntentLink className={classNames('text-text hover:text-link weak:hover:underline', className)} {...rest} />
}

/** Goes somewhere, looks like a button. */
export function ButtonLink({ variant, size, className, ...rest }: ComponentProps<typeof IntentLink> & ButtonLook) {
  return <IntentLink className={classNames(buttonClasses({ variant, size }), className)} {...rest} />
}

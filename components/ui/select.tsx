import type { ComponentProps } from 'react'
import { classNames } from './class-names'
import { controlClasses } from './input'

/** The browser's own list: works without JavaScript, with every keyboard and on every phone. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select className={classNames('target py-1', controlClasses, className)} {...rest} />
}

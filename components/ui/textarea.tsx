import type { ComponentProps } from 'react'
import { classNames } from './class-names'
import { controlClasses } from './input'

export function Textarea({ className, rows = 4, ...rest }: ComponentProps<'textarea'>) {
  return <textarea rows={rows} className={classNames('py-2', controlClasses, className)} {...rest} />
}

import { type ClassValue, clsx } from 'clsx'
import { extendTailwindMerge } from 'tailwind-merge'

const merge = extendTailwindMerge({
  extend: { theme: { text: ['meta', 'table', 'body', 'reading', 'lead', 'title', 'number', 'code'] } },
})

/** Joins class names; a later one wins over an earlier one that sets the same property. */
export function classNames(...values: ClassValue[]): string {
  return merge(clsx(values))
}

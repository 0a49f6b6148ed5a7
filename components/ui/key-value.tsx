import type { ReactNode } from 'react'
import { classNames } from './class-names'

/** Facts as a definition list: names left, values right; on a phone one under the other. */
export function KeyValues({ items, className }: { items: [name: string, value: ReactNode][]; className?: string }) {
  return (
    <dl className={classNames('grid gap-x-4 gap-y-1 text-table sm:grid-cols-[max-content_1fr]', className)}>
      {items.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 max-sm:mb-2">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

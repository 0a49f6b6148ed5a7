import type { ComponentProps } from 'react'
import { classNames } from './class-names'

/**
 * A real table in a box that scrolls sideways by itself, so that the page never does. The box can be focused because a
 * keyboard must be able to scroll it; `label` names it and the table. `relative` keeps words for screen readers in the box.
 */
export function Table({ label, className, ...rest }: ComponentProps<'table'> & { label: string }) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll container without focusable content is unreachable by keyboard
      tabIndex={0}
      className="relative overflow-x-auto rounded-lg border border-border bg-surface"
    >
      <table
        aria-label={label}
        className={classNames('w-full border-collapse text-left text-table', className)}
        {...rest}
      />
    </section>
  )
}

export function TableHead(props: ComponentProps<'thead'>) {
  return <thead className="border-b border-border bg-sunken text-meta text-muted" {...props} />
}

export function HeaderCell({ className, ...rest }: ComponentProps<'th'>) {
  return <th scope="col" className={classNames('px-3 py-2 font-medium whitespace-nowrap', className)} {...rest} />
}

/** Above the buttons of the rows: nothing to see, a name to hear. */
export function ActionsHeader() {
  return (
    <HeaderCell>
      <span className="sr-only">Actions</span>
    </HeaderCell>
  )
}

export function TableBody(props: ComponentProps<'tbody'>) {
  return <tbody className="divide-y divide-border" {...props} />
}

export function TableRow({ className, ...rest }: ComponentProps<'tr'>) {
  return <tr className={classNames('h-9 hover:bg-sunken max-md:h-11', className)} {...rest} />
}

/** `numeric` aligns to the right with figures of equal width. */
export function Cell({ numeric, className, ...rest }: ComponentProps<'td'> & { numeric?: boolean }) {
  return (
    <td className={classNames('px-3 py-1.5 weak:align-middle', numeric && 'number text-right', className)} {...rest} />
  )
}

import type { ComponentProps, ReactNode } from 'react'
import { classNames } from './class-names'

export function Card({ className, ...rest }: ComponentProps<'section'>) {
  return <section className={classNames('rounded-lg border border-border bg-surface', className)} {...rest} />
}

/** Title row of a card. `id` lets the card name itself with `aria-labelledby`. */
export function CardHeader(props: { id?: string; title: ReactNode; note?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-2 border-b border-border px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-2">
        <h2 id={props.id} className="text-body font-semibold">
          {props.title}
        </h2>
        {props.note && <span className="text-table text-muted">{props.note}</span>}
      </div>
      {props.actions && <div className="flex flex-wrap items-center gap-2">{props.actions}</div>}
    </div>
  )
}

export function CardBody({ className, ...rest }: ComponentProps<'div'>) {
  return <div className={classNames('px-4 py-3', className)} {...rest} />
}

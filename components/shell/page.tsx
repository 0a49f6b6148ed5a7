'use client'

import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { useConnection } from '#components/providers/live-events'
import { classNames } from '#components/ui/class-names'
import { TextLink } from '#components/ui/link'
import type { PageStateName } from '#components/ui/page-state'

/**
 * The one `<main>` of a page. `state` says what it shows; a page that was live and lost its connection says so by
 * itself.
 */
export function Page({ state = 'ready', children }: { state?: PageStateName; children: ReactNode }) {
  const connection = useConnection()
  const lost = state === 'ready' && connection.wasLive && connection.state !== 'live'
  return (
    <main
      id="main"
      tabIndex={-1}
      data-state={lost ? 'reconnecting' : state}
      className="mx-auto flex w-full max-w-page flex-col gap-5 px-4 py-5 outline-none md:px-6"
    >
      {children}
    </main>
  )
}

export interface Crumb {
  href: string
  label: string
}

/** Where we are, what this page is called, what can be done here. `meta` stands beside the title: status, time. */
export function PageHeader(props: {
  title: ReactNode
  crumbs?: Crumb[]
  meta?: ReactNode
  description?: ReactNode
  actions?: ReactNode
}) {
  const { title, crumbs = [], meta, description, actions } = props
  return (
    <header className="flex flex-col gap-1">
      {crumbs.length > 0 && (
        <nav aria-label="Breadcrumb">
          <ol className="flex flex-wrap items-center gap-x-1 text-table text-muted">
            {crumbs.map((crumb, index) => (
              <li key={crumb.href} className="flex items-center gap-1">
                {index > 0 && <ChevronRight aria-hidden className="size-3.5" />}
                <TextLink
                  href={crumb.href}
                  className="inline-flex min-h-6 items-center text-muted no-underline hover:underline"
                >
                  {crumb.label}
                </TextLink>
              </li>
            ))}
          </ol>
        </nav>
      )}
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="min-w-0 text-title font-semibold wrap-anywhere">{title}</h1>
          {meta}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {description && <p className="max-w-measure text-body text-muted">{description}</p>}
    </header>
  )
}

/** Text pages and forms: a column that is comfortable to read. */
export function Column({ className, children }: { className?: string; children: ReactNode }) {
  return <div className={classNames('flex w-full max-w-reading flex-col gap-5', className)}>{children}</div>
}

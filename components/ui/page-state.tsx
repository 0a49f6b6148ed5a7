import { CircleAlert, Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import { CopyButton } from './copy-button'

/** What a page can be in; written to `data-state` of `<main>`. */
export type PageStateName = 'loading' | 'empty' | 'error' | 'denied' | 'ready' | 'reconnecting'

/** Something could not be shown: what failed, what still works, a way to retry, an id to give to support. */
export function ErrorPanel(props: { title: string; detail?: ReactNode; errorId?: string; retry?: ReactNode }) {
  return (
    <div role="alert" className="flex gap-3 rounded-lg border border-border bg-failed-soft px-4 py-3 text-failed-fg">
      <CircleAlert aria-hidden className="mt-0.5 size-5 shrink-0" />
      <div className="flex min-w-0 flex-col gap-1">
        <p className="text-body font-semibold">{props.title}</p>
        {props.detail && <div className="text-body">{props.detail}</div>}
        {props.errorId && (
          <p className="flex items-center gap-1 font-mono text-code">
            Error id {props.errorId} <CopyButton text={props.errorId} what="error id" />
          </p>
        )}
        {props.retry && <div className="mt-1 flex flex-wrap gap-2">{props.retry}</div>}
      </div>
    </div>
  )
}

/** Says which role is needed and who can give it; what stays visible is shown beside it. */
export function DeniedPanel({ what, needed, yours }: { what: string; needed: string; yours?: string }) {
  return (
    <div className="flex gap-3 rounded-lg border border-border bg-surface px-4 py-3">
      <Lock aria-hidden className="mt-0.5 size-5 shrink-0 text-muted" />
      <div className="flex flex-col gap-1">
        <p className="text-body font-semibold">
          {what} needs the role {needed}.
        </p>
        <p className="text-body text-muted">
          {yours ? `Your role is ${yours}. ` : ''}An owner or admin of the organization can change it.
        </p>
      </div>
    </div>
  )
}

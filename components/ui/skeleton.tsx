import { classNames } from './class-names'

/** A block of the size the content will have. Hidden from assistive technology; the page says "loading" once. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={classNames('appear-late block weak:h-4 weak:rounded-sm bg-border', className)} />
}

export function SkeletonRows({ rows = 5, className }: { rows?: number; className?: string }) {
  return (
    <div className={classNames('divide-y divide-border rounded-lg border border-border bg-surface', className)}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: equal placeholders without identity
        <div key={row} className="flex h-11 items-center gap-4 px-4">
          <Skeleton className="w-20" />
          <Skeleton className="w-1/2" />
        </div>
      ))}
    </div>
  )
}

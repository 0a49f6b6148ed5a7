import { Skeleton, SkeletonRows } from '#components/ui/skeleton'
import { Page } from './page'

/** What a `loading.tsx` shows: header and rows where they will be. */
export function PageLoading({ rows = 6 }: { rows?: number }) {
  return (
    <Page state="loading">
      <p role="status" className="sr-only">
        Loading
      </p>
      <div className="flex h-8 items-center">
        <Skeleton className="h-6 w-56" />
      </div>
      <SkeletonRows rows={rows} />
    </Page>
  )
}

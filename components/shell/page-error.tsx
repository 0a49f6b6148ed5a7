'use client'

import { useEffect } from 'react'
import { Button } from '#components/ui/button'
import { ErrorPanel } from '#components/ui/page-state'
import { Page, PageHeader } from './page'

/** What an `error.tsx` shows: the part that failed, inside a shell that still works. */
export function PageError(props: { title: string; error: Error & { digest?: string }; reset: () => void }) {
  const { title, error, reset } = props
  useEffect(() => console.error(error), [error])
  return (
    <Page state="error">
      <PageHeader title={title} />
      <ErrorPanel
        title="This page could not be shown."
        detail="Agents keep working and nothing is lost. The other pages are not affected."
        errorId={error.digest}
        retry={<Button onClick={reset}>Try again</Button>}
      />
    </Page>
  )
}

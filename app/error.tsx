'use client'

import { useEffect } from 'react'
import { PlainShell } from '#components/shell/plain-shell'
import { Button } from '#components/ui/button'
import { ErrorPanel } from '#components/ui/page-state'

/** Every page brings this along, so it has nothing of the pages for people who are signed in. */
export default function RootError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  useEffect(() => console.error(error), [error])
  return (
    <PlainShell>
      <main id="main" tabIndex={-1} data-state="error" className="flex flex-col gap-5 outline-none">
        <h1 className="text-title font-semibold">Something went wrong</h1>
        <ErrorPanel
          title="This page could not be shown."
          detail="Agents keep working and nothing is lost. The other pages are not affected."
          errorId={error.digest}
          retry={<Button onClick={reset}>Try again</Button>}
        />
      </main>
    </PlainShell>
  )
}

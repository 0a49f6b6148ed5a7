'use client'

import { useEffect } from 'react'
import { PlainShell } from '#components/shell/plain-shell'

/** Every page brings this along, also the smallest: plain markup, nothing of the pages for people who are signed in. */
export default function RootError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  useEffect(() => console.error(error), [error])
  return (
    <PlainShell>
      <main id="main" tabIndex={-1} data-state="error" className="flex flex-col gap-5 outline-none">
        <h1 className="text-title font-semibold">Something went wrong</h1>
        <div role="alert" className="flex flex-col gap-1 rounded-lg bg-failed-soft px-4 py-3 text-body text-failed-fg">
          <p className="font-semibold">This page could not be shown.</p>
          <p>Agents keep working and nothing is lost. The other pages are not affected.</p>
          {error.digest && <p className="font-mono text-code">Error id {error.digest}</p>}
        </div>
        <button
          type="button"
          onClick={reset}
          className="target self-start rounded-md bg-accent px-4 text-body font-medium text-accent-fg hover:bg-accent-hover"
        >
          Try again
        </button>
      </main>
    </PlainShell>
  )
}

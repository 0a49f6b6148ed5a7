'use client'

import './globals.css'

/** When even the layout failed: no fonts, no providers, only what is needed to go on. */
export default function GlobalError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <html lang="en">
      <body className="bg-canvas p-6 text-text">
        <title>Something went wrong · Orchestrator</title>
        <main id="main" data-state="error" className="mx-auto flex max-w-[28rem] flex-col gap-4">
          <h1 className="text-title font-semibold">Orchestrator could not be shown</h1>
          <p>
            Agents keep working and nothing is lost. Please try again; if it stays, tell an operator the number below.
          </p>
          {error.digest && <p className="font-mono text-code">Error id {error.digest}</p>}
          <button
            type="button"
            onClick={reset}
            className="target self-start rounded-md bg-accent px-4 font-medium text-accent-fg"
          >
            Try again
          </button>
        </main>
      </body>
    </html>
  )
}

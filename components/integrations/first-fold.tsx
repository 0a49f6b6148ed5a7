'use client'

import { type ReactNode, useState } from 'react'

/**
 * A form in a fold that is open while there is nothing yet. It stays as it is when the first thing has been added:
 * what the form then shows, such as a secret, is shown only once.
 */
export function FirstFold({ summary, first, children }: { summary: string; first: boolean; children: ReactNode }) {
  const [open] = useState(first)
  return (
    <details open={open}>
      <summary className="target cursor-pointer py-1 text-body font-medium">{summary}</summary>
      <div className="pt-3">{children}</div>
    </details>
  )
}

import { Workflow } from 'lucide-react'
import type { ReactNode } from 'react'

/** The first thing the Tab key reaches. */
export function SkipLink() {
  return (
    <a
      href="#main"
      className="target fixed top-2 left-2 z-50 flex -translate-y-20 items-center rounded-md bg-accent px-4 font-medium text-accent-fg focus:translate-y-0"
    >
      Skip to the content
    </a>
  )
}

/** The product's name and sign. */
export function Wordmark() {
  return (
    <span className="flex items-center gap-2 text-reading font-semibold">
      <Workflow aria-hidden className="size-5 text-link" />
      Orchestrator
    </span>
  )
}

/**
 * Pages without a rail: one card in the middle. Apart from the other shell, so that sign-in and the root's error page,
 * which every page brings along, don't load menus and the live connection.
 */
export function PlainShell({ children }: { children: ReactNode }) {
  return (
    <>
      <SkipLink />
      <div className="mx-auto flex min-h-dvh w-full max-w-[28rem] flex-col gap-6 px-4 py-8 md:py-16">
        <header>
          <Wordmark />
        </header>
        {children}
      </div>
    </>
  )
}

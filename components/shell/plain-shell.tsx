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

/** The product's name and sign; drawn here, because the smallest pages bring it along too. */
export function Wordmark() {
  return (
    <span className="flex items-center gap-2 text-reading font-semibold">
      <svg
        aria-hidden
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
        className="size-5 text-link"
      >
        <path d="M5 3h4a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM7 11v4a2 2 0 0 0 2 2h4M15 13h4a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-4a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2z" />
      </svg>
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

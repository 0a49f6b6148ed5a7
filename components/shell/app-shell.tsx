import type { ReactNode } from 'react'
import { Bell } from '#components/notifications/bell'
import { IntentLink } from '#components/ui/intent-link'
import { ToastRegion } from '#components/ui/toast'
import { AccountMenu, MoreMenu, type SignOut } from './account-menu'
import { ConnectionStatus } from './connection-status'
import { Keyboard } from './keyboard'
import { BarLinks, RailLinks } from './nav-links'
import { SkipLink, Wordmark } from './plain-shell'
import { ThemeSwitch } from './theme-switch'

export interface AppShellProps {
  organization: string
  person: string
  openDecisions: number
  signOut: SignOut
  children: ReactNode
}

function Rail({ organization, person, openDecisions, signOut }: Omit<AppShellProps, 'children'>) {
  return (
    <header className="sticky top-0 flex h-dvh w-[220px] shrink-0 flex-col gap-4 border-r border-border bg-surface px-3 py-4 max-md:hidden">
      <div className="flex flex-col gap-0.5 px-2.5">
        <IntentLink href="/projects">
          <Wordmark />
        </IntentLink>
        <p className="truncate text-table text-muted" title={organization}>
          {organization}
        </p>
      </div>
      <nav aria-label="Main" className="min-h-0 flex-1 overflow-y-auto">
        <RailLinks openDecisions={openDecisions} />
      </nav>
      <div className="flex flex-col gap-2">
        <div className="px-2.5">
          <ThemeSwitch />
        </div>
        <AccountMenu person={person} signOut={signOut} />
      </div>
    </header>
  )
}

/** Rail on the left; on a phone a bar with the organization above and four places below. */
export function AppShell({ children, ...frame }: AppShellProps) {
  return (
    <>
      <SkipLink />
      <div className="flex min-h-dvh">
        <Rail {...frame} />
        <div className="flex min-w-0 flex-1 flex-col max-md:pb-[calc(3.5rem+env(safe-area-inset-bottom))]">
          <header className="flex h-12 items-center justify-between gap-3 border-b border-border bg-surface px-4 md:hidden">
            <IntentLink href="/projects" className="flex min-h-11 items-center">
              <Wordmark />
            </IntentLink>
            <span className="ml-auto truncate text-table text-muted">{frame.organization}</span>
            <Bell />
          </header>
          {children}
        </div>
      </div>
      <nav
        aria-label="Main, bottom"
        className="safe-bottom fixed inset-x-0 bottom-0 z-30 border-t border-border bg-surface md:hidden"
      >
        <BarLinks openDecisions={frame.openDecisions}>
          <MoreMenu signOut={frame.signOut} />
        </BarLinks>
      </nav>
      <ConnectionStatus className="fixed bottom-4 left-1/2 z-30 -translate-x-1/2 rounded-full border border-border bg-raised px-3 py-1.5 shadow-floating max-md:bottom-20" />
      <Keyboard />
      <ToastRegion />
    </>
  )
}

'use client'

import { useQuery } from '@tanstack/react-query'
import { Bell as BellIcon } from 'lucide-react'
import { useTRPC } from '#components/providers/trpc'
import { IntentLink } from '#components/ui/intent-link'

/** How many notifications the person has not read; live, 0 until it is known. */
export function useUnread(): number {
  const trpc = useTRPC()
  return useQuery({ ...trpc.notifications.unread.queryOptions(), refetchOnWindowFocus: true }).data ?? 0
}

/** The bell in a phone's upper bar. */
export function Bell() {
  const unread = useUnread()
  return (
    <IntentLink
      href="/notifications"
      className="target -mr-3 flex min-w-11 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-text"
      aria-label={unread === 0 ? 'Notifications' : `Notifications, ${unread} unread`}
    >
      <span className="relative">
        <BellIcon aria-hidden className="size-5" />
        {unread > 0 && (
          <span
            aria-hidden
            className="number absolute -top-1.5 left-3 rounded-full bg-needs-you-soft px-1 text-meta font-semibold text-needs-you-fg"
          >
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </span>
    </IntentLink>
  )
}

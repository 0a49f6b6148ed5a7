'use client'

import { useQuery } from '@tanstack/react-query'
import { usePathname } from 'next/navigation'
import { useUnread } from '#components/notifications/bell'
import { useTRPC } from '#components/providers/trpc'
import { classNames } from '#components/ui/class-names'
import { IntentLink } from '#components/ui/intent-link'
import { isCurrent, type NavigationItem, navigation } from './navigation'

function useOpenDecisions(initial: number): number {
  const trpc = useTRPC()
  return useQuery({ ...trpc.decisions.count.queryOptions(), initialData: initial }).data
}

function Count({ value }: { value: number }) {
  if (value === 0) return null
  return (
    <span className="number ml-auto rounded-full bg-needs-you-soft px-1.5 text-meta font-semibold text-needs-you-fg">
      {value}
      <span className="sr-only"> open</span>
    </span>
  )
}

function RailLink({ item, current, count }: { item: NavigationItem; current: boolean; count: number }) {
  const { href, label, icon: Icon } = item
  return (
    <IntentLink
      href={href}
      aria-current={current ? 'page' : undefined}
      className={classNames(
        'target flex items-center gap-2.5 rounded-md px-2.5 text-body font-medium',
        current ? 'bg-accent-soft text-accent-soft-fg' : 'text-muted hover:bg-sunken hover:text-text',
      )}
    >
      <Icon aria-hidden className="size-4 shrink-0" />
      {label}
      <Count value={count} />
    </IntentLink>
  )
}

export function RailLinks({ openDecisions }: { openDecisions: number }) {
  const pathname = usePathname()
  const open = useOpenDecisions(openDecisions)
  const unread = useUnread()
  return (
    <ul className="flex flex-col gap-0.5">
      {navigation.map((item) => (
        <li key={item.href}>
          <RailLink
            item={item}
            current={isCurrent(item.href, pathname)}
            count={item.href === '/decisions' ? open : item.href === '/notifications' ? unread : 0}
          />
        </li>
      ))}
    </ul>
  )
}

/** The pages that fit a thumb; `children` is the menu with the rest. */
export function BarLinks({ openDecisions, children }: { openDecisions: number; children: React.ReactNode }) {
  const pathname = usePathname()
  const open = useOpenDecisions(openDecisions)
  const slot = 'relative flex h-14 flex-col items-center justify-center gap-0.5 text-meta font-medium'
  return (
    <ul className="grid grid-cols-4">
      {navigation
        .filter((item) => item.onPhone)
        .map(({ href, label, icon: Icon }) => {
          const current = isCurrent(href, pathname)
          return (
            <li key={href}>
              <IntentLink
                href={href}
                aria-current={current ? 'page' : undefined}
                className={classNames(slot, 'outline-offset-[-2px]', current ? 'text-link' : 'text-muted')}
              >
                <span className="relative">
                  <Icon aria-hidden className="size-5" />
                  {href === '/decisions' && open > 0 && (
                    <span className="number absolute -top-1.5 left-3 rounded-full bg-needs-you-soft px-1.5 text-meta font-semibold text-needs-you-fg">
                      {open}
                      <span className="sr-only"> open</span>
                    </span>
                  )}
                </span>
                {label}
              </IntentLink>
            </li>
          )
        })}
      <li className="flex">{children}</li>
    </ul>
  )
}

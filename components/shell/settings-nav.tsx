'use client'

import { usePathname } from 'next/navigation'
import { classNames } from '#components/ui/class-names'
import { IntentLink } from '#components/ui/intent-link'
import { Strip } from '#components/ui/strip'

const places = [
  { href: '/settings/account', label: 'Account' },
  { href: '/settings/notifications', label: 'Notifications' },
  { href: '/settings/members', label: 'Members' },
  { href: '/settings/integrations', label: 'Integrations' },
  { href: '/settings/keys', label: 'Provider keys' },
  { href: '/settings/budgets', label: 'Budgets and prices' },
  { href: '/settings/tokens', label: 'API tokens' },
]

/** Whether a page is a place or lies under it. */
const isAt = (pathname: string, href: string) => pathname === href || pathname.startsWith(`${href}/`)

/** The places of the settings, side by side. */
export function SettingsNav() {
  const pathname = usePathname()
  return (
    <nav aria-label="Settings" className="border-b border-border bg-surface px-2 md:px-4">
      <Strip current={pathname}>
        {places.map(({ href, label }) => (
          <li key={href}>
            <IntentLink
              href={href}
              aria-current={pathname === href ? 'page' : isAt(pathname, href) || undefined}
              className={classNames(
                'target flex items-center border-b-2 px-2.5 py-1 text-body font-medium whitespace-nowrap outline-offset-[-2px] hover:text-text',
                isAt(pathname, href) ? 'border-accent text-text' : 'border-transparent text-muted',
              )}
            >
              {label}
            </IntentLink>
          </li>
        ))}
      </Strip>
    </nav>
  )
}

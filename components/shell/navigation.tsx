import { Activity, Bell, Bot, CircleQuestionMark, FolderKanban, KeyRound, Settings } from 'lucide-react'
import type { ComponentType } from 'react'

export interface NavigationItem {
  href: string
  label: string
  icon: ComponentType<{ 'aria-hidden'?: boolean; className?: string }>
  /** Second key after `g`. */
  key?: string
  /** Stands in the bar at the bottom of a phone; the others are under "More". */
  onPhone?: boolean
}

/** The rail, top to bottom. A new page of the organization adds its line here. */
export const navigation: NavigationItem[] = [
  { href: '/decisions', label: 'Decisions', icon: CircleQuestionMark, key: 'd', onPhone: true },
  { href: '/notifications', label: 'Notifications', icon: Bell, key: 'n' },
  { href: '/projects', label: 'Projects', icon: FolderKanban, key: 'p', onPhone: true },
  { href: '/activity', label: 'Activity', icon: Activity, key: 'a', onPhone: true },
  { href: '/agents', label: 'Agents', icon: Bot, key: 'e' },
  { href: '/settings/keys', label: 'Provider keys', icon: KeyRound, key: 'k' },
  { href: '/settings/account', label: 'Settings', icon: Settings, key: 's' },
]

/** True when `href` is the page or a page above it; the settings have one place for all that have none of their own. */
export function isCurrent(href: string, pathname: string): boolean {
  if (href === '/settings/account') return pathname.startsWith('/settings/') && !isCurrent('/settings/keys', pathname)
  return pathname === href || pathname.startsWith(`${href}/`)
}

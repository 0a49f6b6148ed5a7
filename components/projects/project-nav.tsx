'use client'

import { usePathname } from 'next/navigation'
import { classNames } from '#components/ui/class-names'
import { IntentLink } from '#components/ui/intent-link'
import { Strip } from '#components/ui/strip'

const places = [
  { path: '', label: 'Overview' },
  { path: '/requirements', label: 'Requirements' },
  { path: '/signals', label: 'Signals' },
  { path: '/files', label: 'Files' },
  { path: '/settings', label: 'Settings' },
]

/** The places of one project, under the frame and above every page of it. */
export function ProjectNav({ projectId, name }: { projectId: string; name: string }) {
  const pathname = usePathname()
  const root = `/projects/${projectId}`
  return (
    <nav aria-label={`Project ${name}`} className="border-b border-border bg-surface px-2 md:px-4">
      <Strip current={pathname}>
        {places.map(({ path, label }) => {
          const href = `${root}${path}`
          const current = path === '' ? pathname === root : pathname.startsWith(href)
          return (
            <li key={path}>
              <IntentLink
                href={href}
                aria-current={current ? 'page' : undefined}
                className={classNames(
                  'target flex items-center border-b-2 px-2 py-1 md:px-2.5 text-body font-medium outline-offset-[-2px] hover:text-text',
                  current ? 'border-accent text-text' : 'border-transparent text-muted',
                )}
              >
                {label}
              </IntentLink>
            </li>
          )
        })}
      </Strip>
    </nav>
  )
}

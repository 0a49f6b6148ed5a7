import { classNames } from '#components/ui/class-names'
import { IntentLink } from '#components/ui/intent-link'
import { Strip } from '#components/ui/strip'

export interface ViewLink {
  href: string
  label: string
  current: boolean
}

/** Views of one page, as links: each has an address, and they work before any script has run. */
export function ViewLinks({ label, links }: { label: string; links: ViewLink[] }) {
  return (
    <nav aria-label={label} className="border-b border-border">
      <Strip current={links.find(({ current }) => current)?.href} className="gap-1">
        {links.map((link) => (
          <li key={link.href}>
            <IntentLink
              href={link.href}
              scroll={false}
              aria-current={link.current ? 'page' : undefined}
              className={classNames(
                'target inline-flex shrink-0 items-center border-b-2 px-3 text-body font-medium whitespace-nowrap outline-offset-[-2px] hover:text-text',
                link.current ? 'border-accent text-text' : 'border-transparent text-muted',
              )}
            >
              {link.label}
            </IntentLink>
          </li>
        ))}
      </Strip>
    </nav>
  )
}

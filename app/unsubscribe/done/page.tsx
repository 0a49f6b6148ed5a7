import type { Metadata } from 'next'
import { PlainShell } from '#components/shell/plain-shell'
import { PlainLink } from '#components/ui/plain'

export const metadata: Metadata = { title: 'E-mails ended', robots: { index: false } }

export default function UnsubscribedPage() {
  return (
    <PlainShell>
      <main id="main" tabIndex={-1} data-state="ready" className="flex flex-col gap-4 outline-none">
        <h1 className="text-title font-semibold">You get no more e-mails</h1>
        <p className="text-body text-muted">
          What needs you is still in your notifications. You can have e-mails again under{' '}
          <PlainLink href="/settings/notifications">Settings → Notifications</PlainLink>.
        </p>
      </main>
    </PlainShell>
  )
}

import type { Metadata } from 'next'
import { PlainShell } from '#components/shell/plain-shell'
import { Button } from '#components/ui/button'

export const metadata: Metadata = { title: 'End e-mails', referrer: 'no-referrer', robots: { index: false } }

/** Works without JavaScript and without signing in; opening it changes nothing. */
export default async function UnsubscribePage(props: { params: Promise<{ token: string }> }) {
  const { token } = await props.params
  return (
    <PlainShell>
      <main id="main" tabIndex={-1} data-state="ready" className="flex flex-col gap-4 outline-none">
        <h1 className="text-title font-semibold">End the e-mails?</h1>
        <p className="text-body text-muted">
          You will get no more e-mails about this organization’s work. Everything stays in your notifications, and you
          can have e-mails again under Settings → Notifications.
        </p>
        <form method="post" action={`/api/unsubscribe/${token}`}>
          <Button type="submit" variant="primary">
            End the e-mails
          </Button>
        </form>
      </main>
    </PlainShell>
  )
}

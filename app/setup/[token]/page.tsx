import type { Metadata } from 'next'
import { PlainShell } from '#components/shell/plain-shell'
import { PlainButtonLink } from '#components/ui/plain'
import { caller } from '#server/trpc/caller'
import { SetupForm } from './_components/setup-form'

export const metadata: Metadata = { title: 'Set up', referrer: 'same-origin', robots: { index: false } }

function Closed() {
  return (
    <main id="main" tabIndex={-1} data-state="error" className="flex flex-col gap-4 outline-none">
      <h1 className="text-title font-semibold">This set-up link is not valid any more</h1>
      <p className="text-body text-muted">
        It was used, replaced or is too old. If the first owner exists already, sign in. Otherwise start the product
        again: it prints a new link.
      </p>
      <PlainButtonLink href="/sign-in" variant="primary" className="self-start">
        Sign in
      </PlainButtonLink>
    </main>
  )
}

export default async function SetupPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params
  const api = await caller()
  const { open, suggestedMode } = await api.auth.setupLink({ token })
  return (
    <PlainShell>
      {open ? (
        <main id="main" tabIndex={-1} data-state="ready" className="flex flex-col gap-5 outline-none">
          <div className="flex flex-col gap-1">
            <h1 className="text-title font-semibold">Set up your control room</h1>
            <p className="text-body text-muted">
              You become the first owner: you decide what agents build here, and nothing is sent anywhere unless you
              give a provider key.
            </p>
          </div>
          <SetupForm token={token} suggestedMode={suggestedMode} />
        </main>
      ) : (
        <Closed />
      )}
    </PlainShell>
  )
}

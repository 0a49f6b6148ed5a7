import type { ReactNode } from 'react'
import { LiveEvents } from '#components/providers/live-events'
import { Permissions } from '#components/providers/permissions'
import { TrpcProvider } from '#components/providers/trpc'
import { AppShell } from '#components/shell/app-shell'
import { PlainShell } from '#components/shell/plain-shell'
import { Button } from '#components/ui/button'
import { read, toSignIn } from './_components/read'
import { signOut } from './actions'

function NoOrganization({ email }: { email: string }) {
  return (
    <PlainShell>
      <main id="main" tabIndex={-1} data-state="denied" className="flex flex-col gap-4 outline-none">
        <h1 className="text-title font-semibold">You are not a member of an organization</h1>
        <p className="text-body text-muted">
          You are signed in as {email}. Ask an owner or admin of your organization to add this address, then open this
          page again.
        </p>
        <form action={signOut}>
          <Button type="submit">Sign out</Button>
        </form>
      </main>
    </PlainShell>
  )
}

/** The gate: whoever is not signed in leaves here; the frame around every page begins. */
export default async function SignedInLayout({ children }: { children: ReactNode }) {
  const session = (await read((api) => api.auth.session())) ?? (await toSignIn())
  const { user, organizationId } = session
  if (!organizationId) return <NoOrganization email={user.email} />
  // Read before the page's own data: whatever happens in between arrives as a live event.
  const shell = await read((api) => api.overview.shell())
  return (
    <TrpcProvider>
      <LiveEvents name={`${user.id} ${organizationId}`} after={shell.sequence}>
        <Permissions allowed={shell.allowed}>
          <AppShell
            organization={shell.organization}
            person={user.name ?? user.email}
            openDecisions={shell.openDecisions}
            signOut={signOut}
          >
            {children}
          </AppShell>
        </Permissions>
      </LiveEvents>
    </TrpcProvider>
  )
}

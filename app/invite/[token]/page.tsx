import type { Metadata } from 'next'
import { PlainShell } from '#components/shell/plain-shell'
import { Button } from '#components/ui/button'
import { KeyValues } from '#components/ui/key-value'
import { PlainButtonLink, PlainLink } from '#components/ui/plain'
import type { InviteView } from '#server/auth/invites'
import { caller } from '#server/trpc/caller'
import { signOut } from '../../(signed-in)/actions'
import { AcceptForm, NewAccountForm } from './_components/join-forms'

export const metadata: Metadata = { title: 'Invite', referrer: 'same-origin', robots: { index: false } }

type OpenView = Extract<InviteView, { state: 'open' }>

const closedTitles: Record<Exclude<InviteView['state'], 'open'>, string> = {
  used: 'This invite was used already',
  expired: 'This invite has expired',
  revoked: 'This invite was withdrawn',
  unbacked: 'This invite does not count any more',
  unknown: 'This invite link is not valid',
}

function Closed({ state, message }: Exclude<InviteView, { state: 'open' }>) {
  return (
    <main id="main" tabIndex={-1} data-state="error" className="flex flex-col gap-4 outline-none">
      <h1 className="text-title font-semibold">{closedTitles[state]}</h1>
      <p className="text-body text-muted">{message}</p>
      <PlainButtonLink href="/sign-in" variant="primary" className="self-start">
        Sign in
      </PlainButtonLink>
    </main>
  )
}

/** Both ways stand side by side, whoever asks: the page does not tell whether the address has an account. */
function Join({ invite, token }: { invite: OpenView; token: string }) {
  if (invite.viewer === 'invited') return <AcceptForm token={token} organization={invite.organization} />
  if (invite.viewer === 'somebody-else') {
    return (
      <>
        <p className="text-body">
          You are signed in with another address. Sign out, then open this invite again to join as {invite.email}.
        </p>
        <form action={signOut}>
          <Button type="submit">Sign out</Button>
        </form>
      </>
    )
  }
  return (
    <>
      <NewAccountForm token={token} email={invite.email} />
      <p className="border-t border-border pt-4 text-body">
        Have an account with this address already?{' '}
        <PlainLink href={`/sign-in?callbackUrl=${encodeURIComponent(`/invite/${token}`)}`}>Sign in to accept</PlainLink>
      </p>
    </>
  )
}

export default async function InvitePage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params
  const api = await caller()
  const invite = await api.members.inviteBehind({ token: token.slice(0, 200) })
  return (
    <PlainShell>
      {invite.state === 'open' ? (
        <main id="main" tabIndex={-1} data-state="ready" className="flex flex-col gap-5 outline-none">
          <h1 className="text-title font-semibold wrap-anywhere">Join {invite.organization}</h1>
          <KeyValues
            items={[
              ['Invited by', invite.invitedBy],
              ['Organization', invite.organization],
              ['Your role', invite.role],
            ]}
          />
          <Join invite={invite} token={token} />
        </main>
      ) : (
        <Closed {...invite} />
      )}
    </PlainShell>
  )
}

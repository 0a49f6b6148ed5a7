import type { Metadata } from 'next'
import { PlainShell } from '#components/shell/plain-shell'
import { Button } from '#components/ui/button'
import { ButtonLink } from '#components/ui/link'

/** Not "no-referrer": browsers then send forms without an origin, and those are refused. */
export const metadata: Metadata = { title: 'Sign in', referrer: 'same-origin', robots: { index: false } }

/** An address and nothing else: the page says it, and anybody can write an address of ours. */
const ADDRESS = /^[^\s@]{1,64}@[^\s@]{1,255}$/

interface LinkPageProps {
  searchParams: Promise<Record<string, string | string[] | undefined>>
}

/** Where a sign-in link of an e-mail leads. Opening it signs nobody in: mail scanners open links too. */
export default async function SignInLinkPage({ searchParams }: LinkPageProps) {
  const given = await searchParams
  const known = ['token', 'email', 'callbackUrl'].flatMap((name) => {
    const value = given[name]
    return typeof value === 'string' ? [[name, value]] : []
  })
  const { token, email } = given
  return (
    <PlainShell>
      {typeof token === 'string' && typeof email === 'string' && ADDRESS.test(email) ? (
        <main id="main" tabIndex={-1} data-state="ready" className="flex flex-col gap-4 outline-none">
          <h1 className="text-title font-semibold">Sign in</h1>
          <p className="text-body text-muted wrap-anywhere">You are about to sign in as {email}.</p>
          <form method="post" action={`/api/auth/callback/email?${new URLSearchParams(known)}`}>
            <Button type="submit" variant="primary" size="large">
              Sign in
            </Button>
          </form>
        </main>
      ) : (
        <main id="main" tabIndex={-1} data-state="error" className="flex flex-col gap-4 outline-none">
          <h1 className="text-title font-semibold">This sign-in link is not complete</h1>
          <p className="text-body text-muted">Copy it whole from the message, or ask for a new one.</p>
          <ButtonLink href="/sign-in" variant="primary" className="self-start">
            Sign in
          </ButtonLink>
        </main>
      )}
    </PlainShell>
  )
}

import type { Metadata } from 'next'
import { PlainShell } from '#components/shell/plain-shell'
import { FormProblem } from '#components/ui/form-problem'
import { caller } from '#server/trpc/caller'
import { OtherWays } from './_components/other-ways'
import { safePath } from './_components/safe-path'
import { SignInForm } from './_components/sign-in-form'

export const metadata: Metadata = { title: 'Sign in' }

/** next-auth's codes in words. None of them says whether an account exists. */
const problems: Record<string, string> = {
  'wrong-credentials': 'E-mail or password is not right. Please check both and try again.',
  'too-many-attempts':
    'There were too many failed sign-ins. Please wait a few minutes; your account and data are safe.',
  Verification: 'This sign-in link was used already or is too old. Ask for a new one below.',
  AccessDenied: 'This account is not a member here. Ask an owner or admin of your organization to add your address.',
  OAuthAccountNotLinked: 'Please sign in the way you did before.',
}
const unknownProblem = 'Signing in did not work. Please try again, or use another way.'

interface SignInPageProps {
  searchParams: Promise<Record<string, string | string[] | undefined>>
}

export default async function SignInPage({ searchParams }: SignInPageProps) {
  const { error, sent, ended, callbackUrl } = await searchParams
  const ways = await (await caller()).auth.signInWays()
  const next = safePath(callbackUrl)
  const problem = typeof error === 'string' ? (problems[error] ?? unknownProblem) : null
  return (
    <PlainShell>
      <main id="main" tabIndex={-1} data-state="ready" className="flex flex-col gap-5 outline-none">
        <h1 className="text-title font-semibold">Sign in</h1>
        {(sent || ended) && (
          <p role="status" className="rounded-md bg-succeeded-soft px-3 py-2 text-body text-succeeded-fg">
            {sent
              ? 'If this address belongs to a member, a link is on its way. It works once and for 30 minutes.'
              : 'You are signed out. Agents keep working.'}
          </p>
        )}
        {problem && <FormProblem>{problem}</FormProblem>}
        <SignInForm next={next} />
        {(ways.email || ways.github || ways.oidc) && <OtherWays ways={ways} next={next} />}
      </main>
    </PlainShell>
  )
}

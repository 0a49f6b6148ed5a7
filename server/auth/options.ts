import { PrismaAdapter } from '@auth/prisma-adapter'
import type { Account, NextAuthOptions, Profile, Session } from 'next-auth'
import type { Adapter, AdapterAccount, AdapterUser, VerificationToken } from 'next-auth/adapters'
import CredentialsProvider from 'next-auth/providers/credentials'
import EmailProvider from 'next-auth/providers/email'
import GithubProvider from 'next-auth/providers/github'
import { createTransport } from 'nodemailer'
import { z } from 'zod'
import { database } from '#server/platform/database/client'
import { authEnvironment } from '#server/platform/env/auth'
import { logger } from '#server/platform/logging/logger'
import { countCall } from '#server/platform/rate-limit/limiter'
import { signInWithPassword } from './commands'
import { AuthError } from './errors'
import { findUser, findUserByEmail } from './repository'
import { SESSION_SECONDS, secureCookies, sessionClaims } from './session'

const LINK_SECONDS = 30 * 60
/** Links mailed to one person in the time one of them works; more would only be a flood. */
const MOST_LINKS = 5

type Environment = ReturnType<typeof authEnvironment>

/** next-auth, as this product uses it. Made on demand: the environment is read when somebody signs in, not at build. */
export function authOptions(): NextAuthOptions {
  const environment = authEnvironment()
  return {
    adapter: adapter(),
    secret: environment.NEXTAUTH_SECRET,
    useSecureCookies: secureCookies(),
    session: { strategy: 'jwt', maxAge: SESSION_SECONDS },
    pages: { signIn: '/sign-in', error: '/sign-in', verifyRequest: '/sign-in?sent=1' },
    providers: [password(), ...emailLink(environment), ...github(environment), ...openIdConnect(environment)],
    callbacks: {
      signIn: ({ user, account, profile }) => mayEnter(user.email, account, profile),
      jwt: async ({ token, user }) => {
        if (user) {
          const version = (await findUser(user.id))?.sessionVersion ?? 0
          return { sub: user.id, version, signedInAt: Math.floor(Date.now() / 1000) }
        }
        return sessionClaims.safeParse(token).data ?? {}
      },
      // Pages ask our own session.ts; next-auth's answer tells the browser no more than whose cookie it has.
      session: ({ session, token }) => ({ expires: session.expires, user: { id: token.sub ?? '' } }) as Session,
    },
  }
}

/**
 * Only people who already have an account here come in: a provider proves an address, it does not invite anybody.
 * A link is asked for without an answer either way, so that nobody can find out who has an account.
 */
async function mayEnter(
  email: string | null | undefined,
  account: Account | null,
  profile?: Profile,
): Promise<boolean> {
  if (account?.type === 'credentials' || account?.type === 'email') return true
  if (!email || (await findUserByEmail(email.toLowerCase())) === null) return false
  if (account?.provider === 'github') return verifiedAtGithub(email, account.access_token ?? '')
  return z.object({ email_verified: z.literal(true) }).safeParse(profile).success
}

/** GitHub's profile may carry an address nobody has confirmed; its list of addresses says which are (REST, "user/emails"). */
async function verifiedAtGithub(email: string, accessToken: string): Promise<boolean> {
  const { GITHUB_BASE_URL: base } = authEnvironment()
  const response = await fetch(`${base ? `${base}/api/v3` : 'https://api.github.com'}/user/emails`, {
    headers: { authorization: `Bearer ${accessToken}`, accept: 'application/vnd.github+json' },
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok) return false
  const addresses = z.array(z.object({ email: z.string(), verified: z.boolean() })).parse(await response.json())
  return addresses.some((entry) => entry.verified && entry.email.toLowerCase() === email.toLowerCase())
}

function adapter(): Adapter {
  const base = PrismaAdapter(database()) as Adapter
  return {
    ...base,
    // Addresses are kept in small letters; a provider that writes them otherwise means the same person.
    getUserByEmail: (email: string) => findUserByEmail(email.toLowerCase()) as Promise<AdapterUser | null>,
    // Links that nobody followed must not fill the table for ever.
    createVerificationToken: async (token: VerificationToken) => {
      await database().verificationToken.deleteMany({ where: { expires: { lt: new Date() } } })
      return base.createVerificationToken?.(token)
    },
    // Providers may send fields of their own; the table keeps the standard ones.
    linkAccount: async (account: AdapterAccount) => {
      const { userId, type, provider, providerAccountId, scope, id_token, session_state } = account
      const { refresh_token, access_token, expires_at, token_type } = account
      const standard = { refresh_token, access_token, expires_at, token_type, scope, id_token, session_state }
      await database().account.create({ data: { userId, type, provider, providerAccountId, ...standard } })
    },
  }
}

function password() {
  return CredentialsProvider({
    credentials: { email: { type: 'email' }, password: { type: 'password' } },
    authorize: async (given, request) => {
      try {
        return await signInWithPassword({
          email: String(given?.email ?? ''),
          password: String(given?.password ?? ''),
          address: clientAddress(request.headers),
        })
      } catch (error) {
        // The sign-in page gets the code and finds the words; next-auth would put any other text into the address bar.
        if (error instanceof AuthError) throw new Error(error.code, { cause: error })
        throw error
      }
    },
  })
}

/** The address the nearest proxy saw (it appends); Next puts the socket's address there when nobody else did. */
export function clientAddress(headers: Record<string, unknown> | undefined): string {
  return (
    String(headers?.['x-forwarded-for'] ?? 'unknown')
      .split(',')
      .at(-1)
      ?.trim() || 'unknown'
  )
}

function emailLink(environment: Environment) {
  const { EMAIL_SERVER: server, EMAIL_FROM: from = 'Orchestrator <orchestrator@localhost>' } = environment
  if (!server) return []
  return [
    EmailProvider({
      server,
      from,
      maxAge: LINK_SECONDS,
      normalizeIdentifier: (identifier) => z.email().parse(identifier.trim().toLowerCase()),
      sendVerificationRequest: async ({ identifier, url }) => {
        // Counted for every address, and mailed without being waited for: how long it takes tells nobody who has an
        // account, and neither does a mail server that is down.
        const { calls } = await countCall(`link:${identifier}`, LINK_SECONDS)
        if (!(await findUserByEmail(identifier)) || calls > MOST_LINKS) return
        mailLink({ server, from, to: identifier, url: signInLinkPage(url) })
      },
    }),
  ]
}

/** The page whose button uses a sign-in link up, for the address at which next-auth would do it at once. */
export function signInLinkPage(callback: string): string {
  const page = new URL('/sign-in/link', authEnvironment().NEXTAUTH_URL)
  page.search = new URL(callback).search
  return page.href
}

function mailLink({ server, from, to, url }: { server: string; from: string; to: string; url: string }): void {
  createTransport(server)
    .sendMail({
      to,
      from,
      subject: 'Your sign-in link for Orchestrator',
      text: `Open this link to sign in. It works once and for ${LINK_SECONDS / 60} minutes.\n\n${url}\n\nIf you did not ask for it, you can ignore this e-mail.\n`,
    })
    .catch((error: unknown) => logger().warn({ err: error }, 'a sign-in link could not be sent by e-mail'))
}

function github(environment: Environment) {
  const { GITHUB_ID: clientId, GITHUB_SECRET: clientSecret, GITHUB_BASE_URL: base } = environment
  if (!clientId || !clientSecret) return []
  const enterprise = base && {
    authorization: { url: `${base}/login/oauth/authorize`, params: { scope: 'read:user user:email' } },
    token: `${base}/login/oauth/access_token`,
    userinfo: `${base}/api/v3/user`,
  }
  // Linking by address is safe here: mayEnter lets in verified addresses of people with an account, and nobody else.
  return [GithubProvider({ clientId, clientSecret, allowDangerousEmailAccountLinking: true, ...enterprise })]
}

function openIdConnect(environment: Environment) {
  const { OIDC_ISSUER: issuer, OIDC_ID: clientId, OIDC_SECRET: clientSecret } = environment
  if (!issuer || !clientId || !clientSecret) return []
  const profileSchema = z.object({ sub: z.string(), email: z.email(), name: z.string().nullish() })
  return [
    {
      id: 'oidc',
      name: 'Single sign-on',
      type: 'oauth' as const,
      wellKnown: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      authorization: { params: { scope: 'openid email profile' } },
      idToken: true,
      checks: ['pkce' as const, 'state' as const, 'nonce' as const],
      clientId,
      clientSecret,
      allowDangerousEmailAccountLinking: true,
      profile: (profile: unknown) => {
        const { sub, email, name } = profileSchema.parse(profile)
        return { id: sub, email: email.toLowerCase(), name: name ?? null }
      },
    },
  ]
}

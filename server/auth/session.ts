import { decode } from 'next-auth/jwt'
import { z } from 'zod'
import { database } from '#server/platform/database/client'
import { authEnvironment } from '#server/platform/env/auth'
import { AuthError } from './errors'
import { personScope } from './gate'
import type { Scope } from './model'

/** The person behind a session, as pages show them. */
export interface SessionUser {
  readonly id: string
  readonly email: string
  readonly name: string | null
}

/** A session ends this long after signing in, however busy it was (seconds). */
export const SESSION_SECONDS = 7 * 24 * 60 * 60
/** How long another server may not have noticed "sign out everywhere" yet. */
const VERSION_CACHE_MS = 5_000

/** All a session token says. Roles are looked up each time, so losing one takes effect at once. */
export const sessionClaims = z.object({ sub: z.uuid(), version: z.number().int(), signedInAt: z.number().int() })

/** Names the organization a request means: a header of programs, a cookie of browsers. */
export const ORGANIZATION = 'orchestrator-organization'

/** Cookies carry the __Secure- prefix exactly when the product is served over https. */
export function secureCookies(): boolean {
  return authEnvironment().NEXTAUTH_URL.startsWith('https://')
}

export function sessionCookieName(): string {
  return `${secureCookies() ? '__Secure-' : ''}next-auth.session-token`
}

/** True when a request would be taken for somebody's: such requests must prove that our own page sent them. */
export function sessionCookieSent(headers: Headers): boolean {
  return sessionToken(headers) !== null
}

interface Known {
  user: SessionUser
  version: number
  readAt: number
}
const known = new Map<string, Known>()

/** Makes this process look again; others notice within VERSION_CACHE_MS. */
export function forgetSessionVersion(userId: string): void {
  known.delete(userId)
}

/**
 * The person whose session cookie these headers carry, or null: no cookie, forged, too old, or ended by "sign out
 * everywhere" or a password change.
 */
export async function sessionUser(headers: Headers, now = new Date()): Promise<SessionUser | null> {
  const token = sessionToken(headers)
  if (!token) return null
  const { NEXTAUTH_SECRET: secret } = authEnvironment()
  // Throws for anything that was not sealed with our secret or has expired; both mean: nobody is signed in.
  const decoded = await decode({ token, secret }).catch(() => null)
  const claims = sessionClaims.safeParse(decoded).data
  if (!claims || claims.signedInAt + SESSION_SECONDS < now.getTime() / 1000) return null
  const account = await accountOf(claims.sub)
  return account && account.version === claims.version ? account.user : null
}

async function accountOf(userId: string): Promise<Known | null> {
  const cached = known.get(userId)
  if (cached && Date.now() - cached.readAt < VERSION_CACHE_MS) return cached
  const row = await database().user.findUnique({
    where: { id: userId },
    select: { id: true, email: true, name: true, sessionVersion: true },
  })
  if (!row) return null
  const { sessionVersion: version, ...user } = row
  if (known.size > 10_000) known.clear()
  const fresh = { user, version, readAt: Date.now() }
  known.set(userId, fresh)
  return fresh
}

/**
 * The organization a person means: named by header (programs), by cookie (the one they used last), else their first.
 * A cookie may be stale and then does not count; a header is taken at its word and fails later if it is wrong.
 * @returns null when the person belongs to none
 */
export async function organizationOf(headers: Headers, userId: string): Promise<string | null> {
  const named = z.uuid().safeParse(headers.get(ORGANIZATION))
  if (named.success) return named.data
  const last = z.uuid().safeParse(cookiesOf(headers).get(ORGANIZATION)).data
  const members = await database().member.findMany({
    where: { userId },
    orderBy: { createdAt: 'asc' },
    select: { organizationId: true },
  })
  const own = members.map((member) => member.organizationId)
  return last && own.includes(last) ? last : (own[0] ?? null)
}

/**
 * The proof that this person may act in the organization they mean.
 * @throws AuthError not-a-member
 */
export async function sessionScope(headers: Headers, userId: string): Promise<Scope> {
  const organizationId = await organizationOf(headers, userId)
  if (organizationId) return personScope(userId, organizationId)
  throw new AuthError({
    code: 'not-a-member',
    kind: 'not-found',
    message: 'You are not a member of any organization here. Please ask an owner or admin to add you.',
  })
}

function sessionToken(headers: Headers): string | null {
  const name = sessionCookieName()
  const cookies = cookiesOf(headers)
  const whole = cookies.get(name)
  if (whole) return whole
  // next-auth splits a token that does not fit one cookie into name.0, name.1 …
  let joined = ''
  for (let part = 0; cookies.has(`${name}.${part}`); part += 1) joined += cookies.get(`${name}.${part}`)
  return joined || null
}

function cookiesOf(headers: Headers): Map<string, string> {
  const pairs = (headers.get('cookie') ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=')
    return at < 0 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const]
  })
  return new Map(pairs)
}

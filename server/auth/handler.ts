import { NextRequest } from 'next/server'
import NextAuth from 'next-auth'
import { encode } from 'next-auth/jwt'
import { AppError, type ErrorKind } from '#server/kernel/app-error'
import { authEnvironment } from '#server/platform/env/auth'
import { refuseDeepJson } from '#server/platform/http/json-depth'
import { readLimited } from '#server/platform/http/limited-body'
import { ownHosts } from '#server/platform/http/own-hosts'
import { signInWithPassword } from './commands'
import { AuthError } from './errors'
import { authOptions, clientAddress, signInLinkPage } from './options'
import { ORGANIZATION, SESSION_SECONDS, secureCookies, sessionCookieName } from './session'

const YEAR_SECONDS = 365 * 24 * 60 * 60

interface RouteContext {
  params: Promise<{ nextauth: string[] }>
}

/** More than any sign-in form. Next lets route handlers read bodies of any size, and next-auth reads them whole. */
const BODY_LIMIT = 100_000
/** What may be wrong with a body; everything else is a fault of ours. */
const refusals: Partial<Record<ErrorKind, number>> = { 'too-large': 413, invalid: 400 }

/** Answers `/api/auth/*`: sign-in, callbacks, sign-out. */
export async function handler(request: Request, context: RouteContext): Promise<Response> {
  const [action, provider] = (await context.params).nextauth
  if (action === 'callback' && provider === 'email' && !isOwnForm(request)) return toLinkPage(request)
  try {
    return await NextAuth((await withLimitedBody(request)) as never, context as never, authOptions())
  } catch (error) {
    const status = error instanceof AppError && refusals[error.kind]
    if (!status) throw error
    return Response.json({ message: error.message }, { status })
  }
}

/**
 * Mail scanners follow links, and whoever uses a sign-in link up is signed in: next-auth would do it on opening. So the
 * link leads to a page, and only the form of that page uses it.
 */
function isOwnForm({ method, headers }: Request): boolean {
  const origin = headers.get('origin') ?? ''
  const own = URL.canParse(origin) && ownHosts(headers).includes(new URL(origin).host)
  return method === 'POST' && own && ['same-origin', null].includes(headers.get('sec-fetch-site'))
}

function toLinkPage(request: Request): Response {
  return Response.redirect(signInLinkPage(request.url), 303)
}

async function withLimitedBody(request: Request): Promise<Request> {
  if (!request.body) return request
  const body = await readLimited(request.body, BODY_LIMIT)
  refuseDeepJson(body)
  const { url, method, headers } = request
  return new NextRequest(url, { method, headers, body: Buffer.from(body) })
}

export interface SessionCookie {
  name: string
  value: string
  httpOnly: true
  secure: boolean
  sameSite: 'lax'
  path: '/'
  /** Seconds. */
  maxAge: number
}

export type PasswordEntry = { cookie: SessionCookie } | { problem: string }

/**
 * Signs in by e-mail and password for a form that works without JavaScript: checks and counts like next-auth's own way
 * in, and makes the same session token.
 * @returns the cookie to set, or what to tell the person
 */
export async function enterWithPassword(
  given: { email: string; password: string },
  headers: Headers,
): Promise<PasswordEntry> {
  try {
    const user = await signInWithPassword({ ...given, address: clientAddress(Object.fromEntries(headers)) })
    const signedInAt = Math.floor(Date.now() / 1000)
    const token = { sub: user.id, version: user.sessionVersion, signedInAt }
    const value = await encode({ token, secret: authEnvironment().NEXTAUTH_SECRET, maxAge: SESSION_SECONDS })
    return { cookie: { name: sessionCookieName(), value, ...cookieSettings(SESSION_SECONDS) } }
  } catch (error) {
    if (error instanceof AuthError) return { problem: error.message }
    throw error
  }
}

/** Remembers in this browser which organization its person worked in last. Being a member is proven each time. */
export function organizationCookie(organizationId: string): SessionCookie {
  return { name: ORGANIZATION, value: organizationId, ...cookieSettings(YEAR_SECONDS) }
}

function cookieSettings(maxAge: number) {
  return { httpOnly: true, secure: secureCookies(), sameSite: 'lax', path: '/', maxAge } as const
}

/** The names of a request's cookies that carry the session; deleting them signs this browser out. */
export function sessionCookiesAmong(names: readonly string[]): string[] {
  const own = sessionCookieName()
  return names.filter((name) => name === own || name.startsWith(`${own}.`))
}

'use server'

import { TRPCError } from '@trpc/server'
import { cookies, headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { enterWithPassword, organizationCookie } from '#server/auth/handler'
import { caller } from '#server/trpc/caller'

export interface JoinState {
  problem?: string
  /** Which field the problem is about, when it is about one. */
  field?: string
  /** Given back, so that nobody types it twice. The password is not. */
  name: string
}

/** A refusal in words for the form; a fault of ours is not one and goes on to the error page. */
function refusal(error: unknown): Omit<JoinState, 'name'> {
  if (!(error instanceof TRPCError) || error.code === 'INTERNAL_SERVER_ERROR') throw error
  const cause = error.cause as { code?: string; issues?: { path: PropertyKey[]; message: string }[] } | undefined
  const issue = cause?.issues?.[0]
  if (issue) return { problem: issue.message, field: String(issue.path[0]) }
  return { problem: error.message, field: cause?.code === 'weak-password' ? 'password' : undefined }
}

/** Makes the account, signs it in, and leads to the projects. */
export async function joinWithNewAccount(_before: JoinState, form: FormData): Promise<JoinState> {
  const text = (name: string) => String(form.get(name) ?? '')
  const name = text('name')
  const password = text('password')
  let joined: { email: string; organizationId: string }
  try {
    const api = await caller()
    joined = await api.members.joinWithNewAccount({ token: text('token'), name, password })
  } catch (error) {
    return { ...refusal(error), name }
  }
  const entry = await enterWithPassword({ email: joined.email, password }, await headers())
  if ('problem' in entry) redirect('/sign-in')
  await remember(entry.cookie, organizationCookie(joined.organizationId))
  redirect('/projects')
}

/** Joins with the account that is signed in. */
export async function joinSignedIn(_before: JoinState, form: FormData): Promise<JoinState> {
  let joined: { organizationId: string }
  try {
    const api = await caller()
    joined = await api.members.join({ token: String(form.get('token') ?? '') })
  } catch (error) {
    return { ...refusal(error), name: '' }
  }
  await remember(organizationCookie(joined.organizationId))
  redirect('/projects')
}

async function remember(...given: ReturnType<typeof organizationCookie>[]): Promise<void> {
  const jar = await cookies()
  for (const { name, value, ...settings } of given) jar.set(name, value, settings)
}

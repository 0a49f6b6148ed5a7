'use server'

import { TRPCError } from '@trpc/server'
import { cookies, headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { enterWithPassword } from '#server/auth/handler'
import { caller } from '#server/trpc/caller'

export interface SetupState {
  problem?: string
  /** Which field the problem is about, when it is about one. */
  field?: string
  values: Record<string, string>
}

const fields = ['email', 'name', 'organizationName', 'projectName', 'providerMode'] as const

/** A refusal in words for the form; a fault of ours is not one and goes on to the error page. */
function refusal(error: unknown): { problem: string; field?: string } {
  if (!(error instanceof TRPCError) || error.code === 'INTERNAL_SERVER_ERROR') throw error
  const cause = error.cause as { code?: string; issues?: { path: PropertyKey[]; message: string }[] } | undefined
  const issue = cause?.issues?.[0]
  if (issue) return { problem: issue.message, field: String(issue.path[0]) }
  return { problem: error.message, field: cause?.code === 'weak-password' ? 'password' : undefined }
}

/** Makes the first owner with organization and project, signs them in, and leads to the project. */
export async function completeSetup(_before: SetupState, form: FormData): Promise<SetupState> {
  const text = (name: string) => String(form.get(name) ?? '')
  const values = Object.fromEntries(fields.map((name) => [name, text(name)]))
  const password = text('password')
  let projectId: string
  try {
    const api = await caller()
    const made = await api.auth.completeSetup({
      token: text('token'),
      password,
      email: text('email'),
      name: text('name'),
      organizationName: text('organizationName'),
      projectName: text('projectName'),
      providerMode: text('providerMode') === 'live' ? 'live' : 'scripted',
    })
    projectId = made.projectId
  } catch (error) {
    return { ...refusal(error), values }
  }
  const entry = await enterWithPassword({ email: text('email'), password }, await headers())
  if ('problem' in entry) redirect('/sign-in')
  const { name, value, ...settings } = entry.cookie
  const jar = await cookies()
  jar.set(name, value, settings)
  redirect(`/projects/${projectId}`)
}

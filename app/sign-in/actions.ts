'use server'

import { cookies, headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { enterWithPassword } from '#server/auth/handler'
import { safePath } from './_components/safe-path'

export interface SignInState {
  problem?: string
  /** Given back, so that nobody types it twice. The password is not. */
  email: string
}

export async function signIn(_before: SignInState, form: FormData): Promise<SignInState> {
  const email = String(form.get('email') ?? '')
  const entry = await enterWithPassword({ email, password: String(form.get('password') ?? '') }, await headers())
  if ('problem' in entry) return { problem: entry.problem, email }
  const { name, value, ...settings } = entry.cookie
  const jar = await cookies()
  jar.set(name, value, settings)
  redirect(safePath(String(form.get('next') ?? '')))
}

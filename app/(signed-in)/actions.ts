'use server'

import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import { sessionCookiesAmong } from '#server/auth/handler'

/** Forgets the session in this browser. "Sign out everywhere" is in the account settings. */
export async function signOut(): Promise<void> {
  const jar = await cookies()
  for (const name of sessionCookiesAmong(jar.getAll().map((cookie) => cookie.name))) jar.delete(name)
  redirect('/sign-in?ended=1')
}

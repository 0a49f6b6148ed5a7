import { cookies } from 'next/headers'

const NAME = 'refusal'
const SECONDS = 30
/** A cookie holds four kilobytes, and each character may take nine of them. */
const LONGEST = 300

/**
 * Keeps why a plain form was refused, for the page it comes back to. Not in the address: there anybody could write a
 * sentence for our page to say.
 * @param path of that page
 */
export async function keepRefusal(path: string, words: string): Promise<void> {
  const jar = await cookies()
  jar.set(NAME, words.slice(0, LONGEST), { path, maxAge: SECONDS, httpOnly: true, sameSite: 'lax' })
}

/** Why the form that led here was refused. */
export async function keptRefusal(): Promise<string> {
  const jar = await cookies()
  return jar.get(NAME)?.value ?? 'That was not possible, and nothing was changed.'
}

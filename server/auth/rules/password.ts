const SHORTEST = 10
/** Argon2 takes any length; the limit keeps a huge "password" from being work for the server. */
const LONGEST_BYTES = 1024

/** One spelling for what looks the same, whichever keyboard wrote it (NIST SP 800-63B §5.1.1.2, Unicode NFKC). */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC')
}

/** What is wrong with a new password, as a sentence, or null. Length counts, composition rules do not help (same source). */
export function passwordProblem(password: string, email: string): string | null {
  const normal = normalizePassword(password)
  if ([...normal].length < SHORTEST)
    return `The password needs at least ${SHORTEST} characters; a short sentence works well.`
  if (passwordTooLong(normal)) return `The password is longer than ${LONGEST_BYTES} bytes. Please choose a shorter one.`
  if (new Set(normal).size < 4) return 'The password repeats the same few characters. Please choose another one.'
  if (normal.toLowerCase() === email.toLowerCase())
    return 'The password is your e-mail address. Please choose another one.'
  return null
}

export function passwordTooLong(password: string): boolean {
  return new TextEncoder().encode(normalizePassword(password)).byteLength > LONGEST_BYTES
}

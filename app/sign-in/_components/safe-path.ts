/** Where to go after signing in: a path of this product, never another site. */
export function safePath(given: string | string[] | undefined, otherwise = '/projects'): string {
  if (typeof given !== 'string') return otherwise
  // An absolute address of our own (next-auth writes those) counts by its path alone.
  const base = 'http://inside.invalid'
  if (!given.startsWith('/') && !/^https?:\/\//.test(given)) return otherwise
  if (!URL.canParse(given, base)) return otherwise
  const { pathname, search } = new URL(given, base)
  return pathname.startsWith('//') ||
    pathname.startsWith('/sign-in') ||
    pathname.startsWith('/setup') ||
    pathname === '/'
    ? otherwise
    : pathname + search
}

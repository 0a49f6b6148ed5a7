/**
 * Decides whether a request that carries a session cookie may change something. A cookie is sent by the browser
 * whoever wrote the page, so the page's own origin has to be proven (OWASP, "Cross-Site Request Forgery Prevention":
 * fetch metadata first, the Origin header where a browser does not send it).
 * @param ownHosts host[:port] under which people reach this server
 * @returns the reason for refusing, or null
 */
export function crossSiteProblem(method: string, headers: Headers, ownHosts: readonly string[]): string | null {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return null
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  if (site !== null && site !== 'same-origin') return 'The request comes from another site.'
  if (origin !== null) {
    const host = hostOf(origin)
    if (host === null || !ownHosts.includes(host)) return 'The request comes from another origin.'
  }
  if (site === null && origin === null) {
    return 'The request does not say where it comes from. Programs use an API token instead of a session cookie.'
  }
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  // Forms of foreign pages can send text/plain and the form types without asking first, never JSON.
  if (type !== undefined && type !== 'application/json') return 'Only JSON is accepted with a session cookie.'
  return null
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}

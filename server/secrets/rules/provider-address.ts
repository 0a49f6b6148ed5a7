/** What a base URL's host is, as the platform classifies it; null for a name, which only a lookup can classify. */
export type HostKind = 'public' | 'loopback' | 'private' | 'reserved' | null

/** What an installation lets its organizations' base URLs lead to, beside public addresses. */
export interface ProviderAddressPolicy {
  allowLoopback: boolean
  allowPrivate: boolean
}

export type AddressVerdict = { ok: true; url: string } | { ok: false; message: string }

const refuse = (message: string): AddressVerdict => ({ ok: false, message })

/**
 * Decides whether the text a person typed may be a provider's base URL, by its form alone. A host that is a name still
 * has to be looked up, and is looked up again at every call.
 * @param kindOf classifies the parsed URL's hostname
 * @returns the URL in canonical form without a trailing slash, or what is wrong with it in words
 */
export function judgeProviderAddress(
  text: string,
  policy: ProviderAddressPolicy,
  kindOf: (hostname: string) => HostKind,
): AddressVerdict {
  const url = parse(text.trim())
  if (url === null) return refuse('This is not a web address. Write it like https://api.example.com/v1.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return refuse(`Addresses begin with https://, not with ${url.protocol}//.`)
  }
  if (url.username !== '' || url.password !== '') {
    return refuse('The address holds a user name or password. Enter the key in its own field instead.')
  }
  if (url.search !== '' || url.hash !== '') return refuse('The address must end before any ? or #.')
  const kind = isLocalName(url.hostname) ? 'loopback' : kindOf(url.hostname)
  const refused = refusalOfKind(kind, policy)
  if (refused !== null) return refuse(refused)
  const nearby = kind === 'loopback' || kind === 'private'
  const plainNameAllowed = kind === null && policy.allowPrivate
  if (url.protocol === 'http:' && !nearby && !plainNameAllowed) {
    return refuse('Use https://: over http:// the key would travel unprotected.')
  }
  const port = url.port === '' ? null : Number(url.port)
  if (port !== null && port < 1024 && port !== 80 && port !== 443) {
    return refuse(`Port ${port} belongs to another service. Use the default port, or one above 1023.`)
  }
  return { ok: true, url: url.href.replace(/\/+$/, '') }
}

function refusalOfKind(kind: HostKind, policy: ProviderAddressPolicy): string | null {
  if (kind === 'loopback' && !policy.allowLoopback) {
    return 'This address is the server itself. An admin can allow servers on this machine under Settings → Provider keys.'
  }
  if (kind === 'private' && !policy.allowPrivate) {
    return 'This address is inside a private network. Whoever runs this installation must allow private networks first.'
  }
  return kind === 'reserved' ? 'Nothing can be called at this address: it is reserved for other uses.' : null
}

function parse(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/** RFC 6761: these names mean the machine itself, whatever DNS says. */
export function isLocalName(hostname: string): boolean {
  return /^(?:.+\.)?localhost\.?$/.test(hostname)
}

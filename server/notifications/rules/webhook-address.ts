export type HostKind = 'public' | 'loopback' | 'private' | 'reserved' | null

export type WebhookAddressVerdict = { ok: true; url: string } | { ok: false; message: string }

const refuse = (message: string): WebhookAddressVerdict => ({ ok: false, message })

/**
 * Decides by its form whether an address may be a webhook's. A host that is a name is looked up and checked at every
 * call as well, because where it leads may change at any time.
 * @param kindOf classifies the parsed URL's hostname
 */
export function judgeWebhookAddress(
  text: string,
  policy: { allowLoopback: boolean },
  kindOf: (hostname: string) => HostKind,
): WebhookAddressVerdict {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null
  if (url === null) return refuse('This is not a web address. Write it like https://example.com/hooks/orchestrator.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return refuse(`Addresses begin with https://, not with ${url.protocol}//.`)
  }
  if (url.username !== '' || url.password !== '') {
    return refuse('The address holds a user name or password. Check the signature instead: it proves who is calling.')
  }
  const local = /^(?:.+\.)?localhost\.?$/.test(url.hostname)
  const kind = local ? 'loopback' : kindOf(url.hostname)
  if (kind === 'reserved') return refuse('Nothing can be called at this address: it is reserved for other uses.')
  if (kind === 'private') return refuse('This address is inside a private network, which is never called.')
  if (kind === 'loopback') {
    if (policy.allowLoopback) return { ok: true, url: url.href }
    return refuse(
      'This address is the server itself. An admin can allow servers on this machine under Settings → Provider keys.',
    )
  }
  if (url.protocol === 'http:') return refuse('Use https://: over http:// everybody on the way could read the events.')
  if (url.port !== '' && url.port !== '8443') {
    return refuse(`Port ${url.port} is not called. Use the default port of https, or 8443.`)
  }
  return { ok: true, url: url.href }
}

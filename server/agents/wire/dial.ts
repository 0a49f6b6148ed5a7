import { checkedRequest } from '#server/platform/http/checked-request'
import { type AddressPolicy, literalKind } from '#server/platform/http/private-address'
import { isLocalName } from '#server/secrets/rules/provider-address'

/** What the SDKs need of `fetch`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/**
 * Which addresses a call may reach. `as-saved`: public ones, and this machine when the URL says so literally
 * (127.0.0.1, localhost), which was decided when the URL was saved. A name that only resolves to this machine or into
 * a private network is refused: nobody decided that.
 */
export type DialPolicy = AddressPolicy | 'as-saved'

function policyFor(url: URL, policy: DialPolicy): AddressPolicy {
  if (policy !== 'as-saved') return policy
  const literalLoopback = isLocalName(url.hostname) || literalKind(url.hostname) === 'loopback'
  return { allowLoopback: literalLoopback, allowPrivate: false }
}

/** A `fetch` for calls to a provider, over the platform's checked requests. */
export function dialFetch(dialPolicy: DialPolicy): Fetch {
  return (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    return checkedRequest(url, init, policyFor(url, dialPolicy))
  }
}

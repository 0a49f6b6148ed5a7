import { lookup } from 'node:dns'
import { lookup as lookupAll } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/**
 * What an IP address leads to. `reserved` (link-local with the cloud metadata service, multicast, documentation,
 * translation prefixes) is never a place we call, whatever is switched on.
 */
export type AddressKind = 'public' | 'loopback' | 'private' | 'reserved'

/** Which addresses beside public ones may be called. Both are explicit choices of whoever runs the product. */
export interface AddressPolicy {
  allowLoopback: boolean
  /** the networks behind a company's router: RFC 1918, RFC 6598, RFC 4193 */
  allowPrivate: boolean
}

/** An address that the policy keeps us from calling. */
export class PrivateAddressError extends Error {
  readonly address: string
  readonly kind: AddressKind

  constructor(host: string, address: string, kind: AddressKind) {
    super(`${host} leads to ${address}, which is a ${kind} address`)
    this.name = 'PrivateAddressError'
    this.address = address
    this.kind = kind
  }
}

type Range = [network: string, prefix: number]

function blockList(family: 'ipv4' | 'ipv6', ranges: Range[]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family)
  return list
}

const private4 = blockList('ipv4', [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
])
/** IANA special-purpose registry, what is neither private nor loopback. */
const reserved4 = blockList('ipv4', [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
])
const global6 = blockList('ipv6', [['2000::', 3]])
/** Inside 2000::/3 but no place of its own: Teredo and friends, documentation, 6to4 (it embeds an IPv4 address). */
const reserved6 = blockList('ipv6', [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
])
const private6 = blockList('ipv6', [['fc00::', 7]])

/** @param address an IP address in any spelling `node:net` accepts; anything else counts as reserved */
export function addressKind(address: string): AddressKind {
  const family = isIP(address)
  if (family === 4) return kindOf4(address)
  if (family !== 6) return 'reserved'
  const canonical = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical)
  if (mapped) return kindOf4(dotted(Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)))
  if (canonical === '::1') return 'loopback'
  if (private6.check(canonical, 'ipv6')) return 'private'
  return global6.check(canonical, 'ipv6') && !reserved6.check(canonical, 'ipv6') ? 'public' : 'reserved'
}

function kindOf4(address: string): AddressKind {
  if (address.startsWith('127.')) return 'loopback'
  if (private4.check(address, 'ipv4')) return 'private'
  return reserved4.check(address, 'ipv4') ? 'reserved' : 'public'
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

export function isAllowed(kind: AddressKind, policy: AddressPolicy): boolean {
  if (kind === 'public') return true
  return (kind === 'loopback' && policy.allowLoopback) || (kind === 'private' && policy.allowPrivate)
}

/**
 * The kind of a URL's host if it is an IP literal, null if it is a name. Takes the `hostname` of a parsed URL, whose
 * parser has already turned 2130706433, 0177.0.0.1 and fullwidth dots into the address they mean.
 */
export function literalKind(hostname: string): AddressKind | null {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return isIP(bare) === 0 ? null : addressKind(bare)
}

/**
 * Looks a host up and refuses it when any of its addresses is not allowed.
 * @param hostname of a parsed URL, brackets of an IPv6 literal included
 * @throws PrivateAddressError, or the error of the lookup itself
 */
export async function assertAllowedHost(hostname: string, policy: AddressPolicy): Promise<void> {
  const literal = literalKind(hostname)
  if (literal !== null) {
    if (!isAllowed(literal, policy)) throw new PrivateAddressError(hostname, hostname, literal)
    return
  }
  for (const { address } of await lookupAll(hostname, { all: true })) assertAllowed(hostname, address, policy)
}

function assertAllowed(hostname: string, address: string, policy: AddressPolicy): void {
  const kind = addressKind(address)
  if (!isAllowed(kind, policy)) throw new PrivateAddressError(hostname, address, kind)
}

/**
 * A `lookup` for node:http(s) and node:net: the address that is checked is the address that is dialled, so a name that
 * changes its answer between check and call (DNS rebinding) gains nothing. Node never calls it for IP literals: check
 * those with `literalKind` first.
 */
export function checkedLookup(policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      try {
        for (const { address } of addresses) assertAllowed(hostname, address, policy)
      } catch (refusal) {
        return callback(refusal as Error, '', 0)
      }
      const [first] = addresses
      if (first === undefined) return callback(new Error(`${hostname} has no address`), '', 0)
      if (options.all) return callback(null, addresses)
      return callback(null, first.address, first.family)
    })
  }
}

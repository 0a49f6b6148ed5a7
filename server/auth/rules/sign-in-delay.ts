const FREE_FAILURES = 5
const LONGEST_MINUTES = 15

/**
 * How long sign-in is refused after that many failures in a row: nothing for the first four, then 1, 2, 4, 8 and at
 * most 15 minutes.
 */
export function blockedMinutes(failures: number): number {
  return failures < FREE_FAILURES ? 0 : Math.min(LONGEST_MINUTES, 2 ** (failures - FREE_FAILURES))
}

const GROUPS = 8
/** Groups of the part that a provider gives to one customer: a whole /64. */
const NETWORK_GROUPS = 4

/** What counts as one network address: IPv6 users have a whole /64, however each of its addresses is written. */
export function networkOf(address: string): string {
  const clean = address.trim().slice(0, 64)
  if (!clean.includes(':') || clean.includes('.')) return clean
  const [head = [], tail = []] = clean.split('::', 2).map((part) => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: Math.max(0, GROUPS - head.length - tail.length) }, () => '0')
  const groups = [...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS)
  return groups.map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')
}

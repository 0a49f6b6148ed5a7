const FREE_FAILURES = 5
const LONGEST_MINUTES = 15

/**
 * How long sign-in is refused after that many failures in a row: nothing for the first four, then 1, 2, 4, 8 and at
 * most 15 minutes.
 */
export function blockedMinutes(failures: number): number {
  return failures < FREE_FAILURES ? 0 : Math.min(LONGEST_MINUTES, 2 ** (failures - FREE_FAILURES))
}

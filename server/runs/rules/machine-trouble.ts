/**
 * What the operating system says when a disk is full or failing, as Node's errors and git's words have it (errno(3)).
 * Git often keeps the reason to itself and says only that it could not write. An agent can do nothing about it.
 */
const OF_THE_MACHINE =
  /\b(?:ENOSPC|EIO|EDQUOT|EROFS|EMFILE|ENFILE)\b|No space left on device|Input\/output error|Disk quota exceeded|Read-only file system|Too many open files|git [\w-]+ failed: .*(?:unable|failed) to (?:write|create|rename|append)|git [\w-]+ failed: .*(?:could not write|file write error|fsync error)/s

export function isMachineTrouble(message: string): boolean {
  return OF_THE_MACHINE.test(message)
}

/** Milliseconds before each further try of a call that the machine could not do; together half a minute. */
export const MACHINE_PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000] as const

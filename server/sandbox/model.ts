/** What a finished command left behind. */
export interface CommandResult {
  /** `null` when the command was killed (time limit, abort, output flood). A signal inside shows as 128 + its number. */
  exitCode: number | null
  /** The signal that ended the command from outside, such as SIGKILL at the time limit. */
  signal: string | null
  timedOut: boolean
  /** True when the middle of the output was left out, or the command was killed for flooding. */
  outputTruncated: boolean
  /** Both streams in the order they arrived, cleaned of NUL and broken characters. */
  output: string
  durationMs: number
}

export interface SelfTestCheck {
  name: string
  ok: boolean
  detail: string
}

/** What the canaries of a self-test showed. `ok` is true only when every check held. */
export interface SelfTestReport {
  ok: boolean
  runner: 'bubblewrap' | 'none'
  /** Version of the isolating program, or `null` when there is none. */
  version: string | null
  checks: SelfTestCheck[]
}

export const MAX_OUTPUT_BYTES = 1_048_576
/** A command that prints more than this is killed: nobody reads it, and it fills memory. */
export const FLOOD_BYTES = 64 * 1_048_576

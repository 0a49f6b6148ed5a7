import { ending } from '#server/kernel/shorten'

/** Characters of a command's output that an agent gets to read again. */
const OUTPUT_KEPT = 4_000

/** Failed executions with the end of their output, as feedback for the agent that has to mend them. */
export function describeFailures(
  checks: readonly { command: string; exitCode: number | null; output: string }[],
): string {
  return checks
    .map(
      (check) =>
        `\`${check.command}\` ended with exit code ${check.exitCode ?? 'none'}:\n${ending(check.output, OUTPUT_KEPT)}`,
    )
    .join('\n\n')
}

import { shorten } from '#server/kernel/shorten'
import { maskKeys } from '#server/platform/logging/redact'
import { sandboxRunner } from '#server/sandbox/registry'
import { commandVerdict } from '#server/sandbox/rules/command-policy'
import type { Tool } from './tool'

/** Characters of output that go back to the model; the whole of it streams to the live log. */
const OUTPUT_KEPT = 20_000

/** Runs a command of the agent in the sandbox. A failing command is a result, not a failure of the tool. */
export const runCommand: Tool<'run_command'> = async ({ command, timeout_seconds }, { worktree, context }) => {
  const verdict = commandVerdict(command)
  if (!verdict.allowed) return { kind: 'done', isError: true, output: `Not run: ${verdict.reason}` }
  const sandbox = await sandboxRunner()
  context.log.write('tool', `run_command ${command}\n`)
  const result = await sandbox.run(
    { workspace: worktree, command, writable: true, timeoutMs: timeout_seconds * 1000 },
    { signal: context.signal, onOutput: (chunk) => context.log.write('output', chunk.text) },
  )
  context.signal.throwIfAborted()
  const end = result.timedOut
    ? `stopped after ${timeout_seconds} s`
    : `exit code ${result.exitCode ?? `none (${result.signal})`}`
  context.log.write('tool', `run_command · ${end} · ${(result.durationMs / 1000).toFixed(1)} s\n`)
  // Masked before it is cut: half a key would not be known any more.
  const output = shorten(maskKeys(result.output), OUTPUT_KEPT)
  return { kind: 'done', isError: false, output: `${end}\n${output}` }
}

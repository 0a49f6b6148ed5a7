import type { SandboxCandidate } from '#server/sandbox/ports'
import { runProcess } from '#server/sandbox/process'
import { oneAtATime } from '#server/sandbox/turns'

/**
 * Runs commands as the server's own user with no isolation at all: `writable` and `readOnlyPaths` are not enforced, files
 * outside and the network are open, and a process that leaves its group survives. Only for a machine whose owner said so.
 */
export function unprotectedCandidate(): SandboxCandidate {
  return {
    version: null,
    notes: ['There is no isolation: commands of agents can do everything the server can.'],
    runner: {
      name: 'none',
      run: (command, options = {}) =>
        oneAtATime(command.workspace, async () => {
          const {
            status: _status,
            killed: _killed,
            ...result
          } = await runProcess(
            {
              file: '/bin/sh',
              arguments: ['-c', command.command],
              feeds: [],
              environment: { PATH: nodeFirstPath(), LANG: 'C.UTF-8', TERM: 'dumb', CI: '1', ...command.environment },
              directory: command.workspace,
              timeoutMs: command.timeoutMs,
              ...(command.maxOutputBytes === undefined ? {} : { maxOutputBytes: command.maxOutputBytes }),
            },
            options,
          )
          return result
        }),
    },
  }
}

function nodeFirstPath(): string {
  const node = process.execPath.slice(0, process.execPath.lastIndexOf('/'))
  return `${node}:/usr/local/bin:/usr/bin:/bin`
}

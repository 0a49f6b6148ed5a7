const MAX_COMMAND_BYTES = 8_192

export type CommandVerdict = { allowed: true } | { allowed: false; reason: string }

const NO_NETWORK =
  'there is no network inside the sandbox, so nothing can be downloaded or installed. Use what is in the workspace and what ships with Node; if a dependency is really needed, ask for a decision.'

/** Programs that do nothing but reach for the network, at the start of a command or after a separator. */
const START = String.raw`(?:^|[;&|\n(]|\b(?:then|do|else)\s|\bsudo\s)\s*(?:[A-Za-z_]\w*=\S*\s+)*(?:sudo\s+)?`
const NETWORK_COMMANDS: readonly RegExp[] = [
  new RegExp(`${START}(?:npm|pnpm)\\s+(?:i|install|add|ci|update|publish)(?=\\s|;|&|$)`),
  new RegExp(`${START}yarn\\s+(?:add|install|upgrade|publish)(?=\\s|;|&|$)`),
  new RegExp(`${START}(?:pip|pip3|python3?\\s+-m\\s+pip)\\s+(?:install|download)(?=\\s|;|&|$)`),
  new RegExp(`${START}(?:apt|apt-get|apk|dnf|yum|brew)\\s+(?:install|add|update|upgrade)(?=\\s|;|&|$)`),
  new RegExp(`${START}(?:curl|wget)\\s[^;&|\\n]*https?://(?!localhost|127\\.|\\[::1\\])`),
  new RegExp(`${START}(?:ssh|scp|sftp)\\s`),
  new RegExp(`${START}git\\s+(?:clone|fetch|pull|push)(?=\\s|;|&|$)`),
]

/**
 * Says whether a command an agent asks for is worth starting. This is courtesy, not protection: whatever passes still
 * runs inside the sandbox, and whatever an agent hides from these patterns fails there for lack of a network.
 */
export function commandVerdict(command: string): CommandVerdict {
  if (command.trim() === '') return refuse('it is empty. Give one shell command.')
  if (command.includes('\0')) return refuse('it contains a NUL character, which no shell accepts.')
  if (new TextEncoder().encode(command).length > MAX_COMMAND_BYTES)
    return refuse('it is longer than 8 kB. Write it to a script file in the workspace and run that.')
  if (NETWORK_COMMANDS.some((pattern) => pattern.test(command))) return refuse(NO_NETWORK)
  return { allowed: true }
}

function refuse(reason: string): CommandVerdict {
  return { allowed: false, reason }
}

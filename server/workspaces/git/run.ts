import { spawn } from 'node:child_process'
import { environmentVariable } from '#server/platform/env/inherited'
import { workspaceError } from '#server/workspaces/errors'

/**
 * How the server calls git: no shell, no configuration but ours, no hook, no filter program, no network. Agents write the
 * files that git looks at, so nothing in those files may make git start anything.
 */
export interface GitCall {
  gitDirectory: string
  /** Only for calls that read or write files. */
  workTree?: string
  /** A private index instead of the one of the opened checkout. */
  index?: string
  input?: string | Uint8Array
  environment?: Record<string, string>
  /** Exit codes beside 0 that are answers, not failures. */
  answers?: readonly number[]
  /** Stop reading after this many bytes; the answer then says `cut`. Without it 64 MB are an error. */
  maxBytes?: number
}

export interface GitAnswer {
  code: number
  output: Buffer
  cut: boolean
}

const TIME_LIMIT_MS = 60_000
const OUTPUT_LIMIT = 64 * 1_048_576

const SAFE_SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.quotePath=false',
  'core.symlinks=true',
  'core.autocrlf=false',
  'core.protectHFS=true',
  'core.protectNTFS=true',
  'core.untrackedCache=false',
  'core.splitIndex=false',
  'protocol.allow=never',
  'submodule.recurse=false',
  'commit.gpgSign=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'merge.renames=true',
]

/**
 * Runs one git command to its end.
 * @throws WorkspaceError `git-failed` with git's own last words, `git-unavailable` when there is no git
 */
export async function git(call: GitCall, ...command: string[]): Promise<GitAnswer> {
  const answer = await start(call, command)
  if (answer.cut || answer.code === 0 || call.answers?.includes(answer.code)) return answer
  throw workspaceError(
    'git-failed',
    'internal',
    `git ${command[0]} failed: ${answer.complaint || `exit code ${answer.code}`}`,
    {
      details: { command: command[0] ?? '', exitCode: answer.code },
    },
  )
}

/** The same, for commands that answer with one line. */
export async function gitLine(call: GitCall, ...command: string[]): Promise<string> {
  return (await git(call, ...command)).output.toString('utf8').trim()
}

/** The same, for commands that answer with NUL-terminated fields (`-z`). */
export async function gitFields(call: GitCall, ...command: string[]): Promise<string[]> {
  const fields = (await git(call, ...command)).output.toString('utf8').split('\0')
  fields.pop()
  return fields
}

/** Attributes in the work tree may name filters and diff programs; git finds no program for them in this configuration. */
function globalArguments(call: GitCall): string[] {
  return [
    ...SAFE_SETTINGS.flatMap((setting) => ['-c', setting]),
    ...['-c', `safe.directory=${call.workTree ?? call.gitDirectory}`],
    `--git-dir=${call.gitDirectory}`,
    ...(call.workTree === undefined ? [] : [`--work-tree=${call.workTree}`]),
    ...['--no-pager', '--literal-pathspecs', '--no-replace-objects', '--no-optional-locks'],
  ]
}

function environmentOf(call: GitCall): NodeJS.ProcessEnv {
  const environment: Record<string, string> = {
    PATH: environmentVariable('PATH') ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_EDITOR: 'false',
    GIT_ASKPASS: 'false',
    ...(call.index === undefined ? {} : { GIT_INDEX_FILE: call.index }),
    ...call.environment,
  }
  return environment as NodeJS.ProcessEnv
}

function start(call: GitCall, command: readonly string[]): Promise<GitAnswer & { complaint: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...globalArguments(call), ...command], {
      cwd: call.workTree ?? '/',
      env: environmentOf(call),
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: TIME_LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    const output: Buffer[] = []
    const limit = call.maxBytes ?? OUTPUT_LIMIT
    let bytes = 0
    let complaint = ''
    child.stdout.on('data', (part: Buffer) => {
      if (bytes < limit) output.push(part.subarray(0, limit - bytes))
      bytes += part.length
      if (bytes > limit) child.kill('SIGKILL')
    })
    child.stderr.on('data', (part: Buffer) => {
      complaint = (complaint + part.toString('utf8')).slice(-4_000)
    })
    child.stdin.on('error', () => {}) // git may end before it has read its input; its exit code tells.
    child.stdin.end(call.input)
    child.once('error', (cause) => reject(gitUnavailable('git could not be started', cause)))
    child.once('close', (code) => {
      const cut = bytes > limit
      if (cut && call.maxBytes === undefined)
        return reject(workspaceError('git-failed', 'internal', 'git answered with more than 64 MB.'))
      resolve({
        code: code ?? 128,
        output: Buffer.concat(output),
        cut,
        complaint: complaint.trim().split('\n').slice(-3).join(' '),
      })
    })
  })
}

/** One clear sentence for every reason why git can't be used. */
export function gitUnavailable(why: string, cause?: unknown) {
  return workspaceError(
    'git-unavailable',
    'unavailable',
    `Workspaces need git 2.38 or newer: ${why}. Everything stored stays readable; install a current git and start again.`,
    { cause },
  )
}

import { realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { sandboxUnavailable, workspaceRefused } from '#server/sandbox/errors'
import type { CommandResult } from '#server/sandbox/model'
import type { SandboxCandidate, SandboxCommand, SandboxRunner, SandboxRunOptions } from '#server/sandbox/ports'
import { type ProcessOutcome, type ProcessSettings, runProcess } from '#server/sandbox/process'
import { oneAtATime } from '#server/sandbox/turns'
import { limitArguments } from './limits'
import { examineMachine, type Machine } from './machine'
import {
  GROUP,
  HOSTS,
  hiddenDirectories,
  isolationOptions,
  PASSWD,
  STAGED_WORKSPACE,
  stagedNode,
  stagingOptions,
} from './profile'
import { seccompProgram } from './seccomp'
import { checkReadOnlyPaths, giveWorkspace, runUser } from './workspace'

/**
 * Prepares the bubblewrap runner for this machine.
 * @returns the candidate for the self-test, or a sentence that says why there is none
 */
export async function bubblewrapCandidate(): Promise<SandboxCandidate | string> {
  const machine = await examineMachine()
  if (typeof machine === 'string') return machine
  const filter = seccompProgram(process.arch)
  if (filter === null) return `there is no system call filter for ${process.arch} processors`
  return { runner: bubblewrapRunner(machine, filter), version: machine.version, notes: machine.notes }
}

function bubblewrapRunner(machine: Machine, filter: Uint8Array): SandboxRunner {
  return {
    name: 'bubblewrap',
    async run(command, options = {}) {
      const workspace = await realWorkspace(command.workspace)
      return oneAtATime(workspace, () => runOnce(machine, filter, { ...command, workspace }, options))
    },
  }
}

async function realWorkspace(given: string): Promise<string> {
  if (!path.isAbsolute(given)) throw workspaceRefused(`the workspace "${given}" is not an absolute path.`)
  try {
    const workspace = await realpath(given)
    if ((await stat(workspace)).isDirectory()) return workspace
  } catch (error) {
    throw workspaceRefused(`the workspace "${given}" can't be opened.`, error)
  }
  throw workspaceRefused(`the workspace "${given}" is not a folder.`)
}

async function runOnce(
  machine: Machine,
  filter: Uint8Array,
  command: SandboxCommand,
  options: SandboxRunOptions,
): Promise<CommandResult> {
  const readOnlyPaths = await checkReadOnlyPaths(command.workspace, command.readOnlyPaths ?? [])
  const user = machine.setpriv === null ? null : runUser(command.workspace, machine.runUsers)
  if (user !== null) await giveWorkspace(command.workspace, user)
  const outcome = await runProcess(wrapped(machine, filter, { ...command, readOnlyPaths }, user), options).catch(
    (error) => {
      throw sandboxUnavailable('bubblewrap could not be started', error)
    },
  )
  if (!outcome.killed && !wasStarted(outcome)) throw sandboxUnavailable(`bubblewrap: ${lastLine(outcome.output)}`)
  const { status: _status, killed: _killed, ...result } = outcome
  return result
}

/**
 * Puts the wrappers around the command: as root, bubblewrap (stage) → setpriv (give up root) → bubblewrap (isolate) →
 * prlimit → sh; otherwise without the first two. Options travel through descriptors, so that paths of the host don't show
 * in the command line that the command can read of process 1.
 */
function wrapped(machine: Machine, filter: Uint8Array, command: SandboxCommand, user: number | null): ProcessSettings {
  const staged = machine.setpriv !== null && user !== null
  const sources = machine.nodeMounts.map(([source]) => source)
  const options = isolationOptions({
    workspace: staged ? STAGED_WORKSPACE : command.workspace,
    writable: command.writable,
    readOnlyPaths: command.readOnlyPaths ?? [],
    environment: command.environment ?? {},
    nodeMounts: machine.nodeMounts.map(([source, destination], index) => [
      staged ? stagedNode(index) : source,
      destination,
    ]),
    nodeLinks: machine.nodeLinks,
    hidden: hiddenDirectories([process.cwd(), path.dirname(path.dirname(command.workspace))]),
    descriptors: { seccomp: 4, passwd: 5, group: 6, hosts: 7, status: staged ? 9 : 8 },
  })
  const isolated = [
    machine.bubblewrap,
    ...['--args', '3', '--', ...limitArguments(machine.prlimit)],
    ...['/bin/sh', '-c', command.command],
  ]
  const feeds = [argumentBlock(options), filter, PASSWD, GROUP, HOSTS]
  const staging = stagingOptions({ workspace: command.workspace, writable: command.writable, nodeSources: sources })
  const [file = '', ...rest] = staged
    ? [machine.bubblewrap, '--args', '8', '--', ...ownProcesses, ...dropRoot(machine.setpriv ?? '', user), ...isolated]
    : isolated
  return {
    file,
    arguments: rest,
    feeds: staged ? [...feeds, argumentBlock(staging)] : feeds,
    environment: {},
    directory: '/',
    timeoutMs: command.timeoutMs,
    ...(command.maxOutputBytes === undefined ? {} : { maxOutputBytes: command.maxOutputBytes }),
  }
}

/**
 * /proc must show the staged process namespace, because the inner bubblewrap looks its own child up in it. Not by the
 * outer bubblewrap's --proc: that covers parts of it, and the kernel then refuses the inner one a /proc of its own.
 */
const ownProcesses = ['/bin/sh', '-c', 'mount -t proc proc /proc && exec "$@"', 'sh']

/** Changing the user clears "die with the parent", so setpriv sets it again until the inner bubblewrap does. */
function dropRoot(setpriv: string, user: number): string[] {
  return [
    setpriv,
    `--reuid=${user}`,
    `--regid=${user}`,
    ...['--clear-groups', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--pdeathsig', 'KILL', '--'],
  ]
}

function argumentBlock(options: readonly string[]): string {
  return options.map((option) => `${option}\0`).join('')
}

/** bubblewrap reports an exit code only once the command itself was started. */
function wasStarted(outcome: ProcessOutcome): boolean {
  return outcome.status.includes('"exit-code"')
}

function lastLine(output: string): string {
  return (
    output
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^bwrap: /, '') || 'it ended without a word'
  )
}

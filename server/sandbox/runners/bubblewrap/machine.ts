import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { SANDBOX_NODE } from './profile'

/** What this machine offers to build a sandbox from. */
export interface Machine {
  bubblewrap: string
  version: string
  /** Absent when we are not root, where there is no user to change to. */
  setpriv: string | null
  prlimit: string | null
  root: boolean
  /** Range of user ids we may hand to runs when we are root. */
  runUsers: { first: number; count: number }
  nodeMounts: (readonly [source: string, destination: string])[]
  nodeLinks: (readonly [target: string, destination: string])[]
  notes: string[]
}

/** The first release with `--disable-userns` and `--size`. */
const MINIMUM_VERSION = [0, 8, 0] as const
const PROGRAM_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin']

/**
 * Looks for bubblewrap and its helpers.
 * @returns the machine, or a sentence that says what is missing
 */
export async function examineMachine(): Promise<Machine | string> {
  if (process.platform !== 'linux') return `bubblewrap needs Linux, this is ${process.platform}`
  const bubblewrap = program('bwrap')
  if (bubblewrap === null) return 'bubblewrap is not installed'
  const version = await versionOf(bubblewrap)
  if (version === null) return `${bubblewrap} does not tell its version`
  if (isOlder(version, MINIMUM_VERSION))
    return `bubblewrap ${version} is too old, ${MINIMUM_VERSION.join('.')} is needed`
  const root = process.getuid?.() === 0
  const setpriv = root ? program('setpriv') : null
  const prlimit = program('prlimit')
  const notes: string[] = []
  if (root && setpriv === null)
    notes.push('setpriv was not found (util-linux): runs keep the user id of root, without its rights.')
  if (prlimit === null)
    notes.push('prlimit was not found (util-linux): runs have a time limit, but no limits on processes and memory.')
  return {
    bubblewrap,
    version,
    setpriv,
    prlimit: prlimit?.startsWith('/usr/') ? prlimit : null,
    root,
    runUsers: runUsers(readText('/proc/self/uid_map')),
    ...nodeInstallation(),
    notes,
  }
}

function program(name: string): string | null {
  for (const folder of PROGRAM_FOLDERS) {
    const file = path.join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return realpathSync(file)
    } catch {
      // Not in this folder.
    }
  }
  return null
}

async function versionOf(bubblewrap: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(bubblewrap, ['--version'], {
      env: {} as NodeJS.ProcessEnv,
      timeout: 10_000,
    })
    return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? null
  } catch {
    return null
  }
}

function isOlder(version: string, minimum: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  for (const [index, needed] of minimum.entries()) {
    const part = parts[index] ?? 0
    if (part !== needed) return part < needed
  }
  return false
}

/**
 * User ids for runs: a range no distribution gives away (systemd's table of "unused" ids), or, in a container whose own
 * user namespace is narrow, the upper part of what it has.
 */
export function runUsers(uidMap: string): { first: number; count: number } {
  const reachable = Math.max(
    0,
    ...uidMap
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .map(([inside = 0, , length = 0]) => inside + length),
  )
  const preferred = { first: 0x7000_0000, count: 0x0fff_ffff }
  if (reachable > preferred.first + preferred.count) return preferred
  return { first: 20_000, count: Math.max(1, Math.min(reachable, 60_000) - 20_000) }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Node outside /usr: only its program and npm are shown, never the folder around them, which may be somebody's home. */
function nodeInstallation(): Pick<Machine, 'nodeMounts' | 'nodeLinks'> {
  const node = realpathSync(process.execPath)
  if (node.startsWith('/usr/')) return { nodeMounts: [], nodeLinks: [] }
  const npm = path.join(path.dirname(node), '../lib/node_modules/npm')
  const mounts: [string, string][] = [[node, `${SANDBOX_NODE}/bin/node`]]
  const links: [string, string][] = []
  if (existsSync(path.join(npm, 'bin/npm-cli.js'))) {
    mounts.push([npm, `${SANDBOX_NODE}/lib/node_modules/npm`])
    for (const name of ['npm', 'npx'])
      links.push([`../lib/node_modules/npm/bin/${name}-cli.js`, `${SANDBOX_NODE}/bin/${name}`])
  }
  return { nodeMounts: mounts, nodeLinks: links }
}

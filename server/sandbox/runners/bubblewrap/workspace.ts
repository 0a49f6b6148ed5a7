import { createHash } from 'node:crypto'
import { lchown, lstat, readdir } from 'node:fs/promises'
import path from 'node:path'
import { workspaceRefused } from '#server/sandbox/errors'

/** One id per workspace, the same at every run, so that its files keep their owner and runs share no process limit. */
export function runUser(workspace: string, range: { first: number; count: number }): number {
  const hash = createHash('sha256').update(workspace).digest().readUInt32LE(0)
  return range.first + (hash % range.count)
}

/**
 * Gives a workspace to a user, links themselves instead of what they point to. The owner of the top folder changes last: it
 * is the mark that everything below was done, and it tells the server whom to give the files it writes later.
 */
export async function giveWorkspace(workspace: string, user: number): Promise<void> {
  const top = await lstat(workspace)
  if (top.uid === user && top.gid === user) return
  await giveContents(workspace, user)
  await lchown(workspace, user, user)
}

async function giveContents(directory: string, user: number): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name)
    await lchown(file, user, user)
    if (entry.isDirectory()) await giveContents(file, user)
  }
}

/**
 * Checks paths that are to stay read-only. A link among their folders would make bubblewrap mount what it points to, so
 * each step must be a real folder or file. Nothing of the agent runs at this moment, so nobody can swap one afterwards.
 */
export async function checkReadOnlyPaths(workspace: string, paths: readonly string[]): Promise<string[]> {
  const checked: string[] = []
  for (const given of paths) {
    const steps = given.split('/').filter((step) => step !== '' && step !== '.')
    if (given.startsWith('/') || steps.length === 0 || steps.includes('..') || given.includes('\0'))
      throw workspaceRefused(`the read-only path "${given}" is not a path inside the workspace.`)
    let current = workspace
    for (const step of steps) {
      current = path.join(current, step)
      const facts = await lstat(current).catch(() => null)
      if (facts === null) throw workspaceRefused(`the read-only path "${given}" does not exist in the workspace.`)
      if (!facts.isDirectory() && !facts.isFile())
        throw workspaceRefused(
          `the read-only path "${given}" goes through something that is neither a folder nor a file.`,
        )
    }
    checked.push(steps.join('/'))
  }
  return checked
}

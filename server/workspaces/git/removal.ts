import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import path from 'node:path'

/** Removes a folder that an agent filled, also when it took away the permissions its own folders need. */
export async function removeFolder(directory: string): Promise<void> {
  const present = await lstat(directory).catch(() => null)
  if (present?.isDirectory() && process.getuid?.() !== 0) await openFolders(directory)
  await rm(directory, { recursive: true, force: true })
}

async function openFolders(directory: string): Promise<void> {
  await chmod(directory, 0o700)
  for (const entry of await readdir(directory, { withFileTypes: true }))
    if (entry.isDirectory()) await openFolders(path.join(directory, entry.name))
}

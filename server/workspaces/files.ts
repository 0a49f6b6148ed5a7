import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { cleanText } from '#server/kernel/clean-text'
import { workspaceError } from './errors'
import type { FileContent, FolderEntry, SearchHit } from './model'
import { containedPath, matchesGlobs } from './rules/paths'

/**
 * What agents do with the files of a worktree, done by the server. Names are never resolved by the kernel through more than
 * one step: each folder is opened without following links and the next step starts from the open folder, so a link put
 * there at any moment leads nowhere. What the server writes belongs to the owner of the worktree, the sandbox's user.
 */

const MAX_WRITE_BYTES = 10 * 1_048_576
const MAX_SEARCHED_BYTES = 1_048_576
const MAX_SEARCHED_FILES = 20_000

interface OpenFolder {
  handle: FileHandle
  /** Where its entries can be named without resolving the folder's own path again. */
  base: string
}

const NO_LINKS = constants.O_NOFOLLOW | constants.O_NONBLOCK
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/** The entries of a folder, folders first, by name; at most `limit` (500 unless told) and whether there are more. */
export async function listFolder(
  worktree: string,
  folder: string,
  options: { limit?: number } = {},
): Promise<{ entries: FolderEntry[]; more: boolean }> {
  const steps = stepsOf(folder)
  const limit = options.limit ?? 500
  return inFolder(worktree, steps, false, async ({ base }) => {
    const found = await readdir(base, { withFileTypes: true })
    found.sort(
      (one, other) => Number(other.isDirectory()) - Number(one.isDirectory()) || (one.name < other.name ? -1 : 1),
    )
    const entries: FolderEntry[] = []
    for (const entry of found.slice(0, limit)) {
      const facts = await lstat(path.join(base, entry.name)).catch(() => null)
      if (facts === null) continue
      const kind = facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : facts.isSymbolicLink() ? 'link' : 'other'
      entries.push({ path: cleanText([...steps, entry.name].join('/')), kind, bytes: kind === 'file' ? facts.size : 0 })
    }
    return { entries, more: found.length > limit }
  })
}

/**
 * Reads a file.
 * @throws WorkspaceError `file-missing`; `file-refused` for folders, links and devices
 */
export async function readFile(worktree: string, file: string, options: { maxBytes: number }): Promise<FileContent> {
  const { folders, name } = fileSteps(file)
  return inFolder(worktree, folders, false, async ({ base }) => {
    const handle = await opened(path.join(base, name), constants.O_RDONLY | NO_LINKS, file)
    try {
      const { bytes, size } = await content(handle, file, options.maxBytes)
      const binary = bytes.subarray(0, 8_000).includes(0)
      return { text: binary ? '' : bytes.toString('utf8'), bytes: size, binary, truncated: size > bytes.length }
    } finally {
      await handle.close()
    }
  })
}

async function content(handle: FileHandle, file: string, maxBytes: number): Promise<{ bytes: Buffer; size: number }> {
  const facts = await handle.stat()
  if (!facts.isFile()) throw refused(file, 'it is not a regular file')
  const buffer = Buffer.alloc(Math.min(facts.size, maxBytes))
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return { bytes: buffer.subarray(0, filled), size: facts.size }
}

/** Writes a text file, making folders as needed. Replaces a link itself, never what it points to. */
export async function writeFile(
  worktree: string,
  file: string,
  text: string,
): Promise<{ bytes: number; created: boolean }> {
  const bytes = Buffer.from(text.toWellFormed(), 'utf8')
  if (bytes.length > MAX_WRITE_BYTES)
    throw workspaceError('file-too-large', 'too-large', `"${file}" would be larger than 10 MB and was not written.`)
  const { folders, name } = fileSteps(file)
  const owner = await lstat(worktree).catch((cause) => {
    throw worktreeMissing(cause)
  })
  return inFolder(worktree, folders, true, async ({ base }) => {
    const target = path.join(base, name)
    const present = await lstat(target).catch(() => null)
    if (present?.isDirectory()) throw refused(file, 'a folder of that name exists')
    const temporary = path.join(base, `.writing-${crypto.randomUUID()}`)
    const mode = present?.isFile() ? (present.mode & 0o777) | 0o600 : 0o644
    const handle = await open(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    )
    try {
      await handle.writeFile(bytes)
      await give(handle, owner)
      await handle.chmod(mode)
      await handle.close()
      await rename(temporary, target)
    } catch (cause) {
      await handle.close().catch(() => {})
      await rm(temporary, { force: true })
      throw refused(file, 'the system did not let it be written', cause)
    }
    return { bytes: bytes.length, created: present === null }
  })
}

/**
 * Replaces a passage that occurs exactly once, or every occurrence with `all`.
 * @throws WorkspaceError `patch-refused` saying how often it occurs
 */
export async function replaceInFile(
  worktree: string,
  file: string,
  change: { search: string; replace: string; all?: boolean },
): Promise<{ replaced: number }> {
  const current = await readFile(worktree, file, { maxBytes: MAX_WRITE_BYTES })
  if (current.binary || current.truncated) throw refused(file, 'only text files up to 10 MB can be edited')
  if (change.search === '') throw patchRefused(file, 'the text to search for is empty.')
  const parts = current.text.split(change.search)
  const found = parts.length - 1
  if (found === 0)
    throw patchRefused(file, 'the text to search for does not occur. Read the file again: spaces and line ends count.')
  if (found > 1 && change.all !== true)
    throw patchRefused(
      file,
      `the text to search for occurs ${found} times. Give more lines around it, or ask to replace all.`,
    )
  await writeFile(worktree, file, parts.join(change.replace))
  return { replaced: found }
}

/** Removes a file or link. Folders go when their files do: git knows no empty ones. */
export async function deleteFile(worktree: string, file: string): Promise<void> {
  const { folders, name } = fileSteps(file)
  await inFolder(worktree, folders, false, async ({ base }) => {
    const target = path.join(base, name)
    const present = await lstat(target).catch(() => null)
    if (present === null) throw missing(file)
    if (present.isDirectory()) throw refused(file, 'it is a folder')
    await rm(target)
  })
}

/** Finds a literal text in the files of a worktree, line by line. Skips binary and very large files and `node_modules`. */
export async function searchFiles(
  worktree: string,
  query: { text: string; globs?: readonly string[]; ignoreCase?: boolean; limit?: number },
): Promise<{ hits: SearchHit[]; more: boolean }> {
  const limit = query.limit ?? 100
  const fold = (text: string) => (query.ignoreCase === true ? text.toLowerCase() : text)
  const wanted = fold(query.text)
  const hits: SearchHit[] = []
  if (wanted === '') return { hits, more: false }
  const look = async (file: string): Promise<boolean> => {
    if (query.globs !== undefined && !matchesGlobs(file, query.globs)) return true
    const found = await readFile(worktree, file, { maxBytes: MAX_SEARCHED_BYTES }).catch(() => null)
    if (found === null || found.binary || found.truncated) return true
    for (const [index, line] of found.text.split('\n').entries()) {
      if (!fold(line).includes(wanted)) continue
      if (hits.length >= limit) return false
      hits.push({ path: file, line: index + 1, text: cleanText(line.slice(0, 500)) })
    }
    return true
  }
  const finished = await eachFile(worktree, '', look, { files: 0 })
  return { hits, more: !finished }
}

async function eachFile(
  worktree: string,
  folder: string,
  look: (file: string) => Promise<boolean>,
  seen: { files: number },
): Promise<boolean> {
  const { entries } = await listFolder(worktree, folder, { limit: MAX_SEARCHED_FILES }).catch(() => ({ entries: [] }))
  for (const entry of entries) {
    if (++seen.files > MAX_SEARCHED_FILES) return false
    if (entry.kind === 'file' && !(await look(entry.path))) return false
    if (entry.kind !== 'folder' || entry.path.endsWith('node_modules')) continue
    if (!(await eachFile(worktree, entry.path, look, seen))) return false
  }
  return true
}

function stepsOf(given: string): string[] {
  const contained = containedPath(given)
  if (!contained.ok)
    throw workspaceError(
      'path-refused',
      'invalid',
      `"${cleanText(given.slice(0, 200))}" can't be used: ${contained.reason}.`,
    )
  return contained.path === '' ? [] : contained.path.split('/')
}

function fileSteps(given: string): { folders: string[]; name: string } {
  const folders = stepsOf(given)
  const name = folders.pop()
  if (name === undefined) throw refused(given, 'it names the worktree itself')
  return { folders, name }
}

/** Opens the folder at the end of the steps, hands it to `work`, and closes it. */
async function inFolder<T>(
  worktree: string,
  steps: readonly string[],
  make: boolean,
  work: (folder: OpenFolder) => Promise<T>,
): Promise<T> {
  const top = await open(worktree, FOLDER).catch((cause) => {
    throw worktreeMissing(cause)
  })
  let folder: OpenFolder = { handle: top, base: basePath(top, worktree) }
  try {
    for (const [index, step] of steps.entries()) {
      const next = await openStep(folder, step, make, steps.slice(0, index + 1).join('/'))
      await folder.handle.close()
      folder = next
    }
    return await work(folder)
  } finally {
    await folder.handle.close().catch(() => {})
  }
}

async function openStep(folder: OpenFolder, step: string, make: boolean, shown: string): Promise<OpenFolder> {
  const location = path.join(folder.base, step)
  const made =
    make &&
    (await mkdir(location).then(
      () => true,
      () => false,
    ))
  const handle = await opened(location, FOLDER, shown)
  if (made) await give(handle, await folder.handle.stat())
  return { handle, base: basePath(handle, location) }
}

/** Only root may give files away; anybody else already is the owner that the sandbox's commands run as. */
async function give(handle: FileHandle, owner: { uid: number; gid: number }): Promise<void> {
  if (process.getuid?.() === 0) await handle.chown(owner.uid, owner.gid)
}

/** On Linux the open folder itself, through /proc; elsewhere its path, where no sandbox runs agents' commands either. */
function basePath(handle: FileHandle, location: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : location
}

async function opened(location: string, flags: number, shown: string): Promise<FileHandle> {
  try {
    return await open(location, flags)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : ''
    if (code === 'ENOENT') throw missing(shown)
    if (code === 'ELOOP' || code === 'EMLINK') throw refused(shown, 'it is a link, and links are not followed', cause)
    if (code === 'ENOTDIR') throw refused(shown, 'a folder in its path is a file or a link', cause)
    throw refused(shown, `the system refused it (${code})`, cause)
  }
}

function missing(file: string) {
  return workspaceError('file-missing', 'not-found', `"${cleanText(file)}" does not exist in the worktree.`)
}

function refused(file: string, why: string, cause?: unknown) {
  return workspaceError('file-refused', 'invalid', `"${cleanText(file)}" can't be used: ${why}.`, { cause })
}

function patchRefused(file: string, why: string) {
  return workspaceError('patch-refused', 'invalid', `"${cleanText(file)}" was not changed: ${why}`)
}

function worktreeMissing(cause: unknown) {
  return workspaceError('worktree-missing', 'not-found', 'The worktree of this run is gone. Start the run again.', {
    cause,
  })
}

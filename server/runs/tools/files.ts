import {
  listFolder,
  readFile as read,
  replaceInFile,
  searchFiles as search,
  writeFile as write,
} from '#server/workspaces/files'
import type { CallOutcome } from '../ports'
import type { Tool } from './tool'

/** Bytes of a file an agent gets in one read. */
const READ_BYTES = 200_000

function done(output: string): CallOutcome {
  return { kind: 'done', output, isError: false }
}

export const listFiles: Tool<'list_files'> = async ({ path }, { worktree, context }) => {
  const { entries, more } = await listFolder(worktree, path === '' ? '.' : path)
  context.log.write('tool', `list_files ${path} · ${entries.length} entries\n`)
  const lines = entries.map((entry) =>
    entry.kind === 'folder' ? `${entry.path}/` : `${entry.path} (${entry.bytes} bytes)`,
  )
  return done([...lines, ...(more ? ['… more entries are not shown'] : [])].join('\n') || 'The folder is empty.')
}

export const readFile: Tool<'read_file'> = async ({ path }, { worktree, context }) => {
  const file = await read(worktree, path, { maxBytes: READ_BYTES })
  context.log.write('tool', `read_file ${path} · ${file.bytes} bytes\n`)
  if (file.binary) return done(`${path} is not a text file (${file.bytes} bytes).`)
  return done(file.truncated ? `${file.text}\n… cut: the file has ${file.bytes} bytes` : file.text)
}

export const writeFile: Tool<'write_file'> = async ({ path, content }, { worktree, context }) => {
  if (context.repeated && (await alreadyWritten(worktree, path, content))) {
    return done(`Wrote ${Buffer.byteLength(content)} bytes to ${path}.`)
  }
  const { bytes, created } = await write(worktree, path, content)
  context.log.write('tool', `write_file ${path} · ${bytes} bytes${created ? ', new' : ''}\n`)
  return done(`Wrote ${bytes} bytes to ${path}.`)
}

export const patchFile: Tool<'patch_file'> = async (input, { worktree, context }) => {
  const { path, search: before, replace: after } = input
  if (context.repeated && (await alreadyPatched(worktree, input))) {
    return done(`The change is already in ${path}.`)
  }
  await replaceInFile(worktree, path, { search: before, replace: after })
  context.log.write('tool', `patch_file ${path}\n`)
  return done(`Changed ${path}.`)
}

/** A file that an earlier worker had written before it stopped. */
async function alreadyWritten(worktree: string, path: string, content: string): Promise<boolean> {
  const limit = Buffer.byteLength(content) + 1
  const file = await read(worktree, path, { maxBytes: limit }).catch(() => null)
  return file !== null && !file.truncated && file.text === content
}

/** A patch that an earlier worker had made before it stopped: the old text is gone, the new one is there. */
async function alreadyPatched(
  worktree: string,
  input: { path: string; search: string; replace: string },
): Promise<boolean> {
  const file = await read(worktree, input.path, { maxBytes: READ_BYTES })
  return !file.text.includes(input.search) && file.text.includes(input.replace)
}

export const searchFiles: Tool<'search_files'> = async ({ text, path }, { worktree, context }) => {
  const folder = path.replace(/^\.\/?|\/$/g, '')
  const { hits, more } = await search(worktree, { text, ...(folder ? { globs: [`${folder}/**`, folder] } : {}) })
  context.log.write('tool', `search_files "${text.slice(0, 80)}" · ${hits.length} hits\n`)
  const lines = hits.map((hit) => `${hit.path}:${hit.line}: ${hit.text}`)
  return done([...lines, ...(more ? ['… more hits are not shown'] : [])].join('\n') || 'Nothing found.')
}

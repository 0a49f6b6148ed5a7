import { copyFile, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { git, gitFields } from './run'

/**
 * Settings that people may keep in a project's `.git/config`. Anything else could name a program (filters, hooks, diff and
 * merge drivers, aliases with `!`, includes) that the server would start.
 */
const HARMLESS = [
  /^core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode)$/,
  /^remote\..+\.(url|fetch|pushurl)$/s,
  /^branch\..+\.(remote|merge|rebase|description)$/s,
  /^user\.(name|email)$/,
  /^init\.defaultbranch$/,
]

const verified = new Map<string, string>()

/**
 * Removes every setting from the project's git configuration that is not known to be harmless, keeping the original beside
 * it as `config.before-orchestrator`. Looks at the file each time and works only when it changed.
 */
export async function cleanConfiguration(gitDirectory: string): Promise<void> {
  const file = path.join(gitDirectory, 'config')
  const content = await readFile(file, 'utf8')
  if (verified.get(file) === content) return
  const entries = await gitFields(
    { gitDirectory: '/dev/null' },
    'config',
    '--file',
    file,
    '--no-includes',
    '--null',
    '--list',
  )
  const kept = entries.map(splitEntry).filter(([key]) => HARMLESS.some((pattern) => pattern.test(key)))
  if (kept.length === entries.length) {
    verified.set(file, content)
    return
  }
  await copyFile(file, path.join(gitDirectory, 'config.before-orchestrator'))
  const fresh = `${file}.${crypto.randomUUID()}`
  await writeFile(fresh, '')
  for (const [key, value] of kept)
    await git({ gitDirectory: '/dev/null' }, 'config', '--file', fresh, '--add', key, value)
  const cleaned = await readFile(/* turbopackIgnore: true */ fresh, 'utf8')
  await rename(fresh, file)
  verified.set(file, cleaned)
}

/** `key\nvalue`, where a key without a value means true. */
function splitEntry(entry: string): [key: string, value: string] {
  const end = entry.indexOf('\n')
  return end < 0 ? [entry, 'true'] : [entry.slice(0, end), entry.slice(end + 1)]
}

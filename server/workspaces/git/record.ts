import { ORCHESTRATOR } from './commits'
import { MAIN } from './repository'
import { type GitCall, git } from './run'

export interface TextFile {
  path: string
  text: string
}

/** Main's commit and what it holds of some files, by one call of git. @returns null without a branch main */
export async function presentTexts(
  call: GitCall,
  paths: readonly string[],
): Promise<{ main: string; texts: ReadonlyMap<string, string> } | null> {
  const names = [`${MAIN}^{commit}`, ...paths.map((path) => `${MAIN}:${path}`)]
  const { output } = await git({ ...call, input: `${names.join('\n')}\n` }, 'cat-file', '--batch')
  const found = readBatch(output, names.length)
  const main = found[0]?.id
  if (!main) return null
  const texts = paths.flatMap((path, index) => {
    const content = found[index + 1]?.content
    return content === undefined ? [] : [[path, content.toString('utf8')] as const]
  })
  return { main, texts: new Map(texts) }
}

/** `<id> <type> <bytes>` and the content, or a line that says what is wrong with the name. */
function readBatch(output: Buffer, count: number): ({ id: string; content: Buffer } | null)[] {
  const found: ({ id: string; content: Buffer } | null)[] = []
  let at = 0
  while (found.length < count) {
    const end = output.indexOf(10, at)
    if (end < 0) throw new Error('git cat-file --batch answered less than it was asked')
    const [, id, bytes] = /^([0-9a-f]{40}) \w+ (\d+)$/.exec(output.toString('utf8', at, end)) ?? []
    const from = end + 1
    const to = from + Number(bytes ?? -1)
    found.push(id === undefined ? null : { id, content: output.subarray(from, to) })
    at = to + 1
  }
  return found
}

/**
 * Puts text files onto main as one commit on `parent`, by one call of git; `null` as parent makes the first commit.
 * @returns the new commit, or null when main is not at `parent` any more; then nothing happened
 */
export async function commitTexts(
  call: GitCall,
  { parent, files, message }: { parent: string | null; files: readonly TextFile[]; message: string },
): Promise<string | null> {
  const input = [
    `commit ${MAIN}\nmark :1\ncommitter ${ORCHESTRATOR.name} <${ORCHESTRATOR.email}> now\n`,
    data(`${message}\n`),
    parent === null ? '' : `from ${parent}\n`,
    ...files.map(({ path, text }) => `M 100644 inline ${quoted(path)}\n${data(text)}`),
    '\nget-mark :1\ndone\n',
  ]
  // It moves the branch only forward, under git's own lock, and answers 1 when that is not possible.
  const { code, output } = await git(
    { ...call, input: input.join(''), answers: [1] },
    ...['fast-import', '--quiet', '--done', '--date-format=now'],
  )
  return code === 0 ? output.toString('utf8').trim() : null
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`
}

/** As fast-import reads paths that hold any character. */
function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
}

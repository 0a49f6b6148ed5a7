import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { app } from '#server/rest/app'
import { openApiDocument } from '#server/rest/openapi'
import { complain, say } from '../output'
import { PROJECT } from '../project'

/** `openapi [--check]`: writes docs/openapi.json from the routes, or says whether the one there is up to date. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { check: { type: 'boolean' } } })
  const file = path.join(PROJECT, 'docs/openapi.json')
  const text = `${JSON.stringify(openApiDocument(app), null, 2)}\n`
  if (!values.check) {
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
    say('Wrote docs/openapi.json.')
    return 0
  }
  const present = await readFile(file, 'utf8').catch(() => '')
  if (present === text) return 0
  complain('docs/openapi.json is not what the routes say. Write it again with `npm run openapi`.')
  return 1
}

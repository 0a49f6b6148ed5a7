import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inheritedEnvironment, setEnvironmentVariable } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization, tokenHeaders } from '#server/setup/testing'
import { addSource } from '#server/signals/commands/sources'
import type { SourceKind } from '#server/signals/model'
import { killServer, startServer, type TestServer } from './testing'

const PROJECT = path.resolve(import.meta.dirname, '../..')
const run = promisify(execFile)
let server: TestServer
let acme: Awaited<ReturnType<typeof makeOrganization>>
let environment: Record<string, string>

beforeAll(async () => {
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(path.join(tmpdir(), 'orchestrator-documents-')))
  acme = await makeOrganization()
  server = await startServer()
  const headers = await tokenHeaders(acme.people.admin, ['write', 'decide'])
  const token = headers.authorization?.replace('Bearer ', '') ?? ''
  environment = { ORCHESTRATOR_URL: server.url, ORCHESTRATOR_TOKEN: token }
})
afterAll(async () => {
  await killServer(server)
  await stopQueue()
})

/** The shell blocks of a document that call us, in its order. */
function examples(document: string): string[] {
  const text = readFileSync(path.join(PROJECT, document), 'utf8')
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
  return blocks.filter((block) => block.includes('curl'))
}

/** Runs an example as it stands and gives the status of the answer. */
async function statusOf(example: string, more: Record<string, string> = {}, folder = PROJECT): Promise<number> {
  const command = example.replaceAll('curl -sS', "curl -o /dev/null -w '%{http_code}' --max-time 20 -sS")
  const env = inheritedEnvironment({ ...environment, ...more })
  // A stream has no end: its status has come when curl gives up.
  const { stdout } = await run('sh', ['-c', command], { cwd: folder, env }).catch((error: { stdout: string }) => error)
  return Number(stdout)
}

const hasCurl = spawnSync('curl', ['--version']).status === 0
if (!hasCurl) process.stderr.write('\nSKIPPED: the examples of the documents need curl.\n')

describe.skipIf(!hasCurl)('what the documents show', () => {
  test('the examples of the API and the README are understood as they stand', async () => {
    const id = '01a20705-4a81-72aa-9f67-29c4f7830c80'
    const found = []
    for (const example of examples('docs/api.md')) {
      const streams = example.includes('/api/events')
      found.push(await statusOf(streams ? example.replace('curl -sSN', 'curl -sS -N -m 2') : example, { ID: id }))
    }
    // Their ids are made up: what is asked for is understood, and not there.
    expect(found).toEqual([200, 201, 201, 404, 200, 404, 200])
    const [readme = ''] = examples('README.md')
    expect(await statusOf(readme.replace('http://localhost:3000', server.url))).toBe(201)
  })

  test.each<[SourceKind, string]>([
    ['generic', 'Backup failed'],
    ['sarif', 'results.sarif'],
  ])('the example of %s reports is taken in', async (kind, mark) => {
    const source = await addSource(acme.people.admin.scope, { projectId: acme.projectId, kind, label: kind })
    const folder = await mkdtemp(path.join(tmpdir(), 'orchestrator-documents-'))
    const runs = [{ tool: { driver: { name: 'Scanner' } }, results: [] }]
    await writeFile(path.join(folder, 'results.sarif'), JSON.stringify({ version: '2.1.0', runs }))
    const example = examples('docs/integrations.md').find((block) => block.includes(mark)) ?? ''
    const filled = example.replace('ADDRESS', `${server.url}${source.path}`).replace('SECRET', source.secret)
    expect(await statusOf(filled, {}, folder)).toBe(202)
  })
})

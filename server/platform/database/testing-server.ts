/**
 * One embedded Postgres per test run (vitest's globalSetup of the `database` project). The migrations are applied once,
 * to a template; every test file then gets a clone of it in milliseconds (`testing.ts`).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { environmentVariable } from '#server/platform/env/inherited'
import { startEmbeddedPostgres } from './embedded'
import { migrate } from './migrate'

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the server's administration database, from which clones are made and dropped. */
    postgresServer: string
    /** Name of the migrated database to clone. */
    postgresTemplate: string
  }
}

/** Settings for data nobody will miss: no waiting for the disk. */
const FORGETFUL = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' }
const PROJECT = path.resolve(import.meta.dirname, '../../..')

async function dropTemplate(serverUrl: string, template: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  await client.query(`drop database if exists ${pg.escapeIdentifier(template)} with (force)`)
  await client.end()
}

/** TEST_DATABASE_URL names a server to use instead; the address must be allowed to create databases. */
export default async function startTestServer(project: TestProject): Promise<() => Promise<void>> {
  const template = `orchestrator_template_${process.pid}`
  const given = environmentVariable('TEST_DATABASE_URL')
  if (given) {
    const url = new URL(given)
    url.pathname = `/${template}`
    await migrate(url.href, PROJECT)
    project.provide('postgresServer', given)
    project.provide('postgresTemplate', template)
    return () => dropTemplate(given, template)
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-test-'))
  const server = await startEmbeddedPostgres({ folder, database: template, port: 0, settings: FORGETFUL })
  const stop = async () => {
    await server.stop()
    for (const used of [server.folder, folder]) rmSync(used, { recursive: true, force: true })
  }
  try {
    await migrate(server.url, PROJECT)
  } catch (error) {
    await stop()
    throw error
  }
  project.provide('postgresServer', server.urlOf('postgres'))
  project.provide('postgresTemplate', template)
  return stop
}

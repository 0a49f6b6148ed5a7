/**
 * Gives a `*.db.test.ts` file its own migrated database (vitest's setupFiles of the `database` project). It runs
 * before the file's imports, so whatever reads DATABASE_URL finds the clone.
 */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { closeDatabase } from './client'

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresServer') })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

const name = `test_${randomBytes(6).toString('hex')}`
await onServer(`create database ${name} template ${pg.escapeIdentifier(inject('postgresTemplate'))}`)

const url = new URL(inject('postgresServer'))
url.pathname = `/${name}`
setEnvironmentVariable('DATABASE_URL', url.href)

afterAll(async () => {
  await closeDatabase()
  await onServer(`drop database if exists ${name} with (force)`)
})

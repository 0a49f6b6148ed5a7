import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { databaseEnvironment } from '#server/platform/env/database'
import { migrate } from './migrate'

const project = mkdtempSync(path.join(tmpdir(), 'orchestrator-migrate-'))
const engine = path.resolve(import.meta.dirname, '../../../prisma/engine/schema-engine.mjs')
/** A database of its own: the clone given to this file has the product's migrations already. */
const url = databaseEnvironment().DATABASE_URL.replace(/\/test_/, '/test_migrate_')

function addMigration(name: string, sql: string): void {
  const folder = path.join(project, 'prisma', 'migrations', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'migration.sql'), sql)
}

async function query(sql: string, address = url) {
  const client = new pg.Client({ connectionString: address })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe('migrate', () => {
  mkdirSync(path.join(project, 'prisma', 'migrations'), { recursive: true })
  writeFileSync(path.join(project, 'prisma', 'schema.prisma'), 'datasource db {\n  provider = "postgresql"\n}\n')
  writeFileSync(path.join(project, 'prisma', 'migrations', 'migration_lock.toml'), 'provider = "postgresql"\n')
  writeFileSync(
    path.join(project, 'prisma.config.ts'),
    `${process.platform === 'win32' ? '' : `process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= ${JSON.stringify(engine)}`}
export default { schema: 'prisma', migrations: { path: 'prisma/migrations' }, datasource: { url: process.env.DATABASE_URL } }`,
  )

  afterAll(async () => {
    const name = new URL(url).pathname.slice(1)
    await query(`drop database if exists ${name} with (force)`, databaseEnvironment().DATABASE_URL)
    rmSync(project, { recursive: true, force: true })
  })

  it('creates the database, applies what is pending, and then has nothing to do', async () => {
    // a function body with semicolons: a naive cut at each ';' would break it
    addMigration(
      '1_first',
      `create table kept (n int);
create function twice(n int) returns int language plpgsql as $$ begin n := n * 2; return n; end $$;`,
    )
    expect(await migrate(url, project)).toEqual({ applied: ['1_first'] })
    expect(await query('select twice(21) as n')).toEqual([{ n: 42 }])
    expect(await migrate(url, project)).toEqual({ applied: [] })
  })

  it('keeps nothing of a migration that fails half way', async () => {
    addMigration('2_broken', 'create table half (n int); insert into missing values (1);')
    await expect(migrate(url, project)).rejects.toThrow(/could not be brought up to date[\s\S]*missing/)
    expect(await query("select to_regclass('half') as half")).toEqual([{ half: null }])
  })

  it('says which server does not answer', async () => {
    await expect(migrate('postgresql://postgres@127.0.0.1:1/none', project)).rejects.toThrow(
      /127\.0\.0\.1:1 can't be used/,
    )
  })
})

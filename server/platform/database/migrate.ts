import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import pg from 'pg'
import { AppError } from '#server/kernel/app-error'
import { inheritedEnvironment } from '#server/platform/env/inherited'

/** What `migrate` found and did. */
export interface MigrationReport {
  /** Names of the migrations applied by this call, oldest first; empty when the database was up to date. */
  applied: string[]
}

interface Migration {
  name: string
  checksum: string
}

/** The migrations in the repository, oldest first, with the checksum Prisma records for them (SHA-256 of the file). */
function wantedMigrations(projectFolder: string): Migration[] {
  const folder = path.join(projectFolder, 'prisma', 'migrations')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const sql = readFileSync(path.join(folder, name, 'migration.sql'))
      return { name, checksum: createHash('sha256').update(sql).digest('hex') }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Names of migrations the database has not (wholly) seen. A missing database or table means: all of them. */
async function pendingMigrations(url: string, wanted: Migration[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {}) // the awaited call reports it
  try {
    await client.connect()
    const { rows } = await client.query<Migration>(
      'select migration_name as name, checksum from _prisma_migrations where finished_at is not null and rolled_back_at is null',
    )
    const applied = new Map(rows.map((row) => [row.name, row.checksum]))
    return wanted.filter(({ name, checksum }) => applied.get(name) !== checksum).map(({ name }) => name)
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code === '42P01' || code === '3D000') return wanted.map(({ name }) => name)
    throw unreachable(url, error)
  } finally {
    await client.end().catch(() => {})
  }
}

function unreachable(url: string, cause: unknown): AppError {
  const message = `The database at ${new URL(url).host} can't be used (${(cause as Error).message || 'no answer'}). Check that it runs and that DATABASE_URL is right.`
  return new AppError({ code: 'database-unavailable', kind: 'unavailable', message, retryable: true, cause })
}

function deploy(url: string, projectFolder: string): Promise<void> {
  const packageFile = createRequire(import.meta.url).resolve('prisma/package.json')
  const program = path.join(path.dirname(packageFile), 'build', 'index.js')
  const child = spawn(process.execPath, [program, 'migrate', 'deploy'], {
    cwd: projectFolder,
    env: inheritedEnvironment({ DATABASE_URL: url }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) return resolve()
      const message = `The database could not be brought up to date; nothing of the failing step was kept.\n${output.trim()}`
      reject(new AppError({ code: 'migration-failed', kind: 'internal', message }))
    })
  })
}

/**
 * Brings the database to the repository's schema with `prisma migrate deploy`. That command takes seconds even with
 * nothing to do, so names and checksums are compared first (milliseconds).
 * @throws AppError `database-unavailable`, `migration-failed`
 */
export async function migrate(url: string, projectFolder: string): Promise<MigrationReport> {
  const pending = await pendingMigrations(url, wantedMigrations(projectFolder))
  if (pending.length > 0) await deploy(url, projectFolder)
  return { applied: pending }
}

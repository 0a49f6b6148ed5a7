/**
 * @prisma/adapter-pg, corrected where its behaviour differs from what the schema engine expects of a connection.
 * Checked with version 7.10.0.
 */
import { randomUUID } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum, DriverAdapterError } from '@prisma/driver-adapter-utils'
import connectionString from 'pg-connection-string'

/**
 * The address as separate fields: beside a whole connection string pg ignores `database`, which would aim the shadow
 * database at the real one. One connection only, so that session locks behave as with the native engine.
 */
export function connectionOf(url) {
  const { schema, connection_limit, pool_timeout, pgbouncer, ...fields } = connectionString.parse(url)
  const port = fields.port ? Number(fields.port) : undefined
  return { config: { ...fields, port, max: 1, connectionTimeoutMillis: 10_000 }, schema: schema ?? 'public' }
}

const ONE_BYTE_CHAR = 18 // pg_catalog's internal "char", for example pg_class.relkind
const TEXT = 25

/** adapter-pg refuses the one-byte "char" of the catalog tables; the engine wants it as a character. */
function acceptOneByteChars(adapter) {
  const performIO = adapter.performIO.bind(adapter)
  const queryRaw = adapter.queryRaw.bind(adapter)
  const charColumns = new WeakMap()
  adapter.performIO = async (query) => {
    const result = await performIO(query)
    const fields = result.fields ?? []
    charColumns.set(
      query,
      fields.flatMap((field, index) => (field.dataTypeID === ONE_BYTE_CHAR ? [index] : [])),
    )
    for (const field of fields) if (field.dataTypeID === ONE_BYTE_CHAR) field.dataTypeID = TEXT
    return result
  }
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query)
    for (const index of charColumns.get(query) ?? []) result.columnTypes[index] = ColumnTypeEnum.Character
    return result
  }
}

function migrationError(error, script) {
  const at = Number(error.position)
  const where = at ? ` (near: ${script.slice(Math.max(0, at - 30), at + 30).replace(/\s+/g, ' ')})` : ''
  return new DriverAdapterError({
    kind: 'postgres',
    originalCode: error.code,
    originalMessage: error.message,
    code: error.code ?? 'N/A',
    severity: error.severity ?? 'ERROR',
    message: `${error.message}${where}`,
    detail: error.detail,
    column: error.column,
    hint: error.hint,
  })
}

/**
 * adapter-pg cuts a script at every ';' (which breaks $$-quoted functions) and runs the pieces on any connection. The
 * native engine sends the file as one simple query: all statements in one implicit transaction, so a failing file
 * leaves nothing behind.
 */
function sendScriptsWhole(adapter) {
  adapter.executeScript = async (script) => {
    try {
      await adapter.underlyingDriver().query(script)
    } catch (error) {
      throw migrationError(error, script)
    }
  }
}

async function connect(config, schema) {
  const adapter = await new PrismaPg(config, { schema }).connect()
  acceptOneByteChars(adapter)
  sendScriptsWhole(adapter)
  return adapter
}

/** Opens the connections the engine asks for: to the database, and to an empty shadow of it for comparing. */
export class AdapterFactory {
  provider = 'postgres'
  adapterName = '@prisma/adapter-pg'
  #datasource

  constructor(datasource) {
    this.#datasource = datasource
  }

  async connect() {
    const { config, schema } = connectionOf(this.#datasource.url)
    return connect(config, schema)
  }

  async connectToShadowDb() {
    return this.#datasource.shadowDatabaseUrl ? this.#givenShadow() : this.#ownShadow()
  }

  async #givenShadow() {
    const main = connectionOf(this.#datasource.url).config
    const { config, schema } = connectionOf(this.#datasource.shadowDatabaseUrl)
    if (config.host === main.host && config.port === main.port && config.database === main.database) {
      throw new Error('shadowDatabaseUrl must not be the main database: its contents are dropped')
    }
    const shadow = await connect(config, schema)
    await shadow.executeScript('DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public;')
    return shadow
  }

  async #ownShadow() {
    const { config, schema } = connectionOf(this.#datasource.url)
    const database = `prisma_migrate_shadow_db_${randomUUID()}`
    const main = await connect(config, schema)
    await main.executeScript(`CREATE DATABASE "${database}" TEMPLATE template0`)
    const shadow = await connect({ ...config, database }, schema)
    const dispose = shadow.dispose.bind(shadow)
    shadow.dispose = async () => {
      await dispose()
      await main.executeScript(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
      await main.dispose()
    }
    return shadow
  }
}

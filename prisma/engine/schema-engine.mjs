#!/usr/bin/env node
/**
 * Stands in for Prisma's native `schema-engine` program where that can't be downloaded. It speaks the program's
 * protocol (JSON-RPC, one message per line, over stdin and stdout; and the `cli` sub-commands) and lets the official
 * WebAssembly build of the same engine (@prisma/schema-engine-wasm, pinned to the engine commit of the installed
 * command line) do the work over @prisma/adapter-pg.
 *
 * Used through PRISMA_SCHEMA_ENGINE_BINARY, which prisma.config.ts sets when nothing else did.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import readline from 'node:readline'
import { AdapterFactory, connectionOf } from './adapter.mjs'

const require = createRequire(import.meta.url)
const commandLine = process.argv.slice(2)
const wasmFolder = path.dirname(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'))

/** Every value given for an option that may be repeated. */
const optionValues = (name) => commandLine.flatMap((word, index) => (word === name ? [commandLine[index + 1]] : []))
const datasource = JSON.parse(optionValues('--datasource')[0] ?? '{}')

function printVersion() {
  const { version } = JSON.parse(readFileSync(path.join(wasmFolder, 'package.json'), 'utf8'))
  console.log(`schema-engine-cli ${version.split('-').pop().split('.').pop()}`)
}

async function startEngine() {
  const { bindMigrationAwareSqlAdapterFactory } = await import('@prisma/driver-adapter-utils')
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const bytes = readFileSync(path.join(wasmFolder, 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': bindings })
  bindings.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  const datamodels = optionValues('--datamodels').map((file) => [file, readFileSync(file, 'utf8')])
  const options = { datamodels: datamodels.length > 0 ? datamodels : undefined }
  const factory = bindMigrationAwareSqlAdapterFactory(new AdapterFactory(datasource))
  return bindings.SchemaEngine.new(options, () => {}, factory)
}

const UNREACHABLE = ['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN', 'ECONNRESET']

/** Prisma's error code and sentence for a failed connection, in the words of the native program. */
function describeFailure(error, { host, port, user, database }) {
  const server = `\`${host}:${port ?? 5432}\``
  if (error.code === '3D000') return ['P1003', `Database \`${database}\` does not exist`]
  if (error.code === '42P04') return ['P1009', `Database \`${database}\` already exists on the database server`]
  if (error.code === '28P01' || error.code === '28000') {
    return ['P1000', `Authentication failed against database server, the credentials for \`${user}\` are not valid.`]
  }
  if (UNREACHABLE.includes(error.code) || error instanceof AggregateError) {
    return ['P1001', `Can't reach database server at ${server}. Please make sure it is running there.`]
  }
  return ['P1000', error.message]
}

/** `cli create-database`, `cli drop-database`, `cli can-connect-to-database`. Returns the exit code. */
async function runSubCommand(command) {
  const { default: pg } = await import('pg')
  const { config } = connectionOf(datasource.url)
  const execute = async (database, sql) => {
    const client = new pg.Client({ ...config, database })
    client.on('error', () => {}) // reported by the awaited call below
    await client.connect()
    if (sql) await client.query(sql)
    await client.end()
  }
  const quoted = pg.escapeIdentifier(config.database)
  try {
    if (command === 'create-database') await execute('postgres', `CREATE DATABASE ${quoted}`)
    else if (command === 'drop-database') await execute('postgres', `DROP DATABASE IF EXISTS ${quoted} WITH (FORCE)`)
    else await execute(config.database)
    return 0
  } catch (error) {
    const [error_code, message] = describeFailure(error, config)
    const line = { timestamp: new Date().toISOString(), level: 'ERROR', target: 'schema_engine::logger' }
    process.stderr.write(`\n${JSON.stringify({ ...line, fields: { error_code, message, is_panic: false } })}\n`)
    return 1
  }
}

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
/** Ids of our own requests: far from the client's, and numbers because the client drops anything else. */
const PRINT_IDS = 1_000_000
let printed = 0

/** The native program prints the text of a diff through its client; the WebAssembly build returns it. */
function printInsteadOfReturning({ stdout, ...rest }) {
  if (stdout != null) send({ id: PRINT_IDS + ++printed, method: 'print', params: { content: stdout } })
  return rest
}

let started

async function answer({ id, method, params }) {
  try {
    started ??= startEngine() // connects to the database, so it may fail: then that is the answer
    const engine = await started
    const name = method === 'getDatabaseVersion' ? 'version' : method
    if (typeof engine[name] !== 'function') throw new Error(`the WebAssembly schema engine has no method ${method}`)
    const result = (await engine[name](params ?? {})) ?? {}
    send({ id, result: method === 'diff' ? printInsteadOfReturning(result) : result })
  } catch (error) {
    const data = {
      is_panic: error?.name === 'RuntimeError',
      message: String(error?.message ?? error),
      meta: error?.meta ?? null,
      error_code: error?.code ?? null,
      backtrace: null,
    }
    send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } })
  }
}

/** Answers one request after the other, in order, until stdin closes. */
async function serve() {
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    let message
    try {
      message = JSON.parse(line)
    } catch {
      continue // not a message
    }
    if (!message.method) continue // the client's reply to our own `print`
    await answer(message)
  }
}

const subCommandAt = commandLine.indexOf('cli')
if (commandLine.includes('--version') || commandLine.includes('-V')) printVersion()
else if (subCommandAt >= 0) process.exitCode = await runSubCommand(commandLine[subCommandAt + 1])
else {
  await serve()
  process.exit(0) // pools of the engine would keep the process alive
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { startEmbeddedPostgres } from './embedded'

const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-embedded-'))
const start = () => startEmbeddedPostgres({ folder, port: 0 })

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** The id of a process that has ended, as a launcher killed with -9 leaves it in the owner file. */
async function idOfEndedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid as number
}

/** Until nothing of the process is left: a server refuses to start while its dead predecessor is not collected yet. */
async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describe('the embedded Postgres', () => {
  afterAll(async () => {
    const server = await start()
    await server.stop()
    for (const used of [server.folder, folder]) rmSync(used, { recursive: true, force: true })
  })

  it('starts empty, keeps its data over a stop, and asks for a password', async () => {
    const first = await start()
    expect(first.origin).toBe('started')
    await query(first.url, 'create table kept (n int); insert into kept values (7)')
    await first.stop()
    const second = await start()
    expect(second.origin).toBe('started')
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }])
    const wrong = new URL(second.url)
    wrong.password = 'wrong'
    await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/)
  })

  it('joins a server that another launcher owns and leaves it running', async () => {
    const server = await start()
    writeFileSync(path.join(server.folder, 'postgres.owner'), String(process.ppid))
    const joined = await start()
    expect(joined.origin).toBe('shared')
    expect(joined.pid).toBe(server.pid)
    await joined.stop()
    expect(await query(joined.url, 'select 1 as n')).toEqual([{ n: 1 }])
  })

  it('adopts a server whose launcher was killed', async () => {
    const { folder: used } = await start()
    writeFileSync(path.join(used, 'postgres.owner'), String(await idOfEndedProcess()))
    const adopted = await start()
    expect(adopted.origin).toBe('adopted')
    await adopted.stop()
    await expect(query(adopted.url, 'select 1')).rejects.toThrow()
  })

  it('recovers committed data after kill -9 of the server', async () => {
    const server = await start()
    await query(server.url, 'insert into kept values (8)')
    process.kill(server.pid, 'SIGKILL')
    await untilGone(server.pid)
    const again = await start()
    expect(again.pid).not.toBe(server.pid)
    expect(await query(again.url, 'select n from kept order by n')).toEqual([{ n: 7 }, { n: 8 }])
    await again.stop()
  })

  it('refuses a folder that another major version made, saying what to do', async () => {
    const server = await start()
    await server.stop()
    const file = path.join(server.folder, 'postgres', 'PG_VERSION')
    const version = readFileSync(file, 'utf8')
    writeFileSync(file, '9\n')
    await expect(start()).rejects.toThrow(/was made by Postgres 9.*Dump it/)
    writeFileSync(file, version)
  })
})

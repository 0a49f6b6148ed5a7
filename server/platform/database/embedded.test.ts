import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { startOf } from '#server/platform/process/alive'
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

/** The id of a process that has ended, as a launcher killed with -9 leaves it among the owners. */
async function idOfEndedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid as number
}

/** Another launcher: a process of its own that starts or joins the database when told, and stops when its input ends. */
async function preparedLauncher(data = folder) {
  const module = JSON.stringify(path.join(import.meta.dirname, 'embedded.ts'))
  const program = `
    import(${module}).then(async ({ startEmbeddedPostgres }) => {
      console.log('ready')
      process.stdin.once('data', async () => {
        const { origin, pid, url, stop } = await startEmbeddedPostgres({ folder: ${JSON.stringify(data)}, port: 0 })
        console.log(JSON.stringify({ origin, pid, url }))
        process.stdin.on('end', () => stop().then(() => process.exit()))
      })
    })`
  const child = spawn(process.execPath, ['--import', 'tsx', '--eval', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const begin = async () => {
    child.stdin.write('begin')
    const exit = once(child, 'exit').then(() => Promise.reject(new Error('the launcher ended')))
    const [line] = (await Promise.race([once(child.stdout, 'data'), exit])) as [Buffer]
    exit.catch(() => {})
    return JSON.parse(String(line)) as { origin: string; pid: number; url: string }
  }
  const stop = async () => {
    child.stdin.end()
    await once(child, 'exit')
  }
  return { child, begin, stop }
}

async function otherLauncher() {
  const { begin, ...launcher } = await preparedLauncher()
  const { origin, pid } = await begin()
  return { ...launcher, told: { origin, pid } }
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

  it('is shared by launchers, whichever stops first: the last one to stop stops it', async () => {
    const server = await start()
    const first = await otherLauncher()
    expect(first.told).toEqual({ origin: 'shared', pid: server.pid })
    await server.stop()
    expect(await query(server.url, 'select 1 as n')).toEqual([{ n: 1 }])
    const joined = await start()
    expect(joined.origin).toBe('shared')
    await first.stop()
    expect(await query(joined.url, 'select 1 as n')).toEqual([{ n: 1 }])
    await joined.stop()
    await expect(query(joined.url, 'select 1')).rejects.toThrow()
  })

  it('is started by one and shared by the others when several start in the same moment', async () => {
    const empty = mkdtempSync(path.join(tmpdir(), 'orchestrator-embedded-'))
    for (const data of [empty, empty, empty]) {
      const launchers = await Promise.all(Array.from({ length: 3 }, () => preparedLauncher(data)))
      const told = await Promise.all(launchers.map(({ begin }) => begin()))
      expect(told.map(({ origin }) => origin).sort()).toEqual(['shared', 'shared', 'started'])
      expect(new Set(told.map(({ url }) => url)).size).toBe(1)
      expect(await query(told[0]?.url as string, 'select 1 as n')).toEqual([{ n: 1 }])
      await Promise.all(launchers.map(({ stop }) => stop()))
      await expect(query(told[0]?.url as string, 'select 1')).rejects.toThrow()
    }
    rmSync(empty, { recursive: true, force: true })
  })

  it('does not wait for one that was killed while it started', async () => {
    const starts = path.join(folder, 'postgres.starts')
    const gone = await idOfEndedProcess()
    writeFileSync(path.join(starts, `wants-${gone}`), '')
    writeFileSync(path.join(starts, `wants-${process.ppid}`), 'started at another time')
    await (await start()).stop()
  })

  it('is stopped by the one that is left when another was killed', async () => {
    const other = await otherLauncher()
    expect(other.told.origin).toBe('started')
    const joined = await start()
    other.child.kill('SIGKILL')
    await once(other.child, 'exit')
    await joined.stop()
    await expect(query(joined.url, 'select 1')).rejects.toThrow()
  })

  it('is not lost to whoever comes while it is being stopped, and a number used again is nobody', async () => {
    const server = await start()
    const owners = path.join(server.folder, 'postgres.owners')
    writeFileSync(path.join(owners, String(process.ppid)), 'started at another time')
    const stopping = path.join(owners, `stopping-${process.ppid}`)
    writeFileSync(stopping, startOf(process.ppid))
    let entered = false
    const coming = start().then((joined) => {
      entered = true
      return joined
    })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(entered).toBe(false)
    rmSync(stopping)
    const joined = await coming
    expect(joined.origin).toBe('adopted')
    await joined.stop()
    await expect(query(joined.url, 'select 1')).rejects.toThrow()
  })

  it('adopts a server whose launcher was killed', async () => {
    const { folder: used } = await start()
    const owners = path.join(used, 'postgres.owners')
    rmSync(path.join(owners, String(process.pid)))
    writeFileSync(path.join(owners, String(await idOfEndedProcess())), '')
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

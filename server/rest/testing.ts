import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { inheritedEnvironment } from '#server/platform/env/inherited'
import { bootWebServer } from '#server/platform/http/boot'
import { handler } from '#server/trpc/handler'
import { app } from './app'

/** A web server with the product's REST and tRPC on real sockets, in a process of its own, without pages. */
export interface TestServer {
  url: string
  port: number
  process: ChildProcess
  /** Bytes of memory it holds, after a garbage collection. */
  memory: () => Promise<number>
}

/** Starts one with this process's database. @param environment changes to it */
export async function startServer(environment: Record<string, string> = {}): Promise<TestServer> {
  const program = fileURLToPath(import.meta.url)
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', program, 'serve'], {
    env: inheritedEnvironment({ LOG_LEVEL: 'error', ...environment }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const port = Number(String(line).trim())
  const url = `http://127.0.0.1:${port}`
  const memory = async () => Number(await (await fetch(`${url}/memory`)).text())
  return { url, port, process: child, memory }
}

/** Kills it without a farewell. */
export async function killServer(server: TestServer | undefined): Promise<void> {
  if (!server || server.process.exitCode !== null || server.process.signalCode !== null) return
  const ended = once(server.process, 'exit')
  server.process.kill('SIGKILL')
  await ended
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  const headers = new Headers(
    Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]),
  )
  const body = incoming.method === 'GET' ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>)
  const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method: incoming.method ?? 'GET',
    headers,
    body,
    signal: gone.signal,
    ...(body ? { duplex: 'half' } : {}),
  })
  const response = incoming.url?.startsWith('/api/trpc') ? await handler(request) : await app.fetch(request)
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.flushHeaders()
  if (!response.body) return void outgoing.end()
  await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), outgoing)
}

if (process.argv[2] === 'serve' && process.argv[1] === fileURLToPath(import.meta.url)) {
  bootWebServer()
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/memory') {
      globalThis.gc?.()
      const { heapUsed, external } = process.memoryUsage()
      return void outgoing.end(String(heapUsed + external))
    }
    answer(incoming, outgoing).catch((error) => outgoing.destroy(error))
  })
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
}

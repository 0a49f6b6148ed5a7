/** A web server with the product's own HTTP handlers and nothing of Next: for faults that no page is needed for. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { bootWebServer } from '#server/platform/http/boot'
import { handler } from '#server/rest/handler'

bootWebServer()

const server = http.createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    if (response.headersSent) response.destroy()
    else response.writeHead(500).end()
  })
})

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  const given = new Request(`http://${request.headers.host}${request.url}`, {
    method: request.method ?? 'GET',
    headers: Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    ),
    body: hasBody ? (Readable.toWeb(request) as ReadableStream<Uint8Array>) : null,
    signal: gone.signal,
    ...(hasBody ? { duplex: 'half' } : {}),
  })
  const made = await handler(given)
  response.writeHead(made.status, Object.fromEntries(made.headers))
  response.flushHeaders()
  if (made.body === null) return void response.end()
  const reader = made.body.getReader()
  gone.signal.addEventListener('abort', () => void reader.cancel().catch(() => {}))
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return void response.end()
    // As Next does: the next piece is asked for when the client has taken this one.
    if (!response.write(value)) await new Promise<void>((resolve) => drained(response, resolve))
  }
}

function drained(response: http.ServerResponse, resolve: () => void): void {
  response.once('drain', resolve)
  response.once('close', resolve)
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`web is ready on ${(server.address() as AddressInfo).port}\n`)
})

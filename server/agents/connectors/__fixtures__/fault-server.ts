import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came over the wire. */
interface SeenRequest {
  path: string
  headers: http.IncomingHttpHeaders
  body: Record<string, unknown>
}

export type Answer = (response: http.ServerResponse, request: SeenRequest) => void | Promise<void>

/** A bare HTTP server that answers with the bytes a test gives it, for the faults no well-behaved fake can make. */
export interface FaultServer {
  url: string
  requests: SeenRequest[]
  /** Resolves when the client gave the current answer up. */
  answerWith(answer: Answer): { closed: Promise<void> }
  close(): Promise<void>
}

export async function startFaultServer(): Promise<FaultServer> {
  const requests: SeenRequest[] = []
  let answer: Answer = (response) => void response.writeHead(500).end()
  let onClosed = () => {}
  const server = http.createServer(async (request, response) => {
    response.on('close', () => onClosed())
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const seen = { path: request.url ?? '', headers: request.headers, body: text === '' ? {} : JSON.parse(text) }
    requests.push(seen)
    await answer(response, seen)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answerWith(next) {
      answer = next
      return { closed: new Promise((resolve) => (onClosed = resolve)) }
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const streamHeaders = { 'content-type': 'text/event-stream', 'request-id': 'req_1', 'x-request-id': 'req_1' }

/** Begins a stream; the test decides how it goes on. */
export function openStream(response: http.ServerResponse, headers: Record<string, string> = {}): void {
  response.writeHead(200, { ...streamHeaders, ...headers })
  response.flushHeaders()
}

/** A whole stream, well ended. */
export function stream(frames: string[], headers: Record<string, string> = {}): Answer {
  return (response) => {
    openStream(response, headers)
    for (const frame of frames) response.write(frame)
    response.end()
  }
}

/** An error answer with a JSON body. */
export function failure(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'request-id': 'req_1',
      'x-request-id': 'req_1',
      ...headers,
    })
    response.end(JSON.stringify(body))
  }
}

import { createHash } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '#server/kernel/app-error'
import { answer, type Exchange } from '#server/scripted/answer'
import { controlSchema, type FaultQueue, faultQueue } from '#server/scripted/faults'
import type { JournalEntry } from '#server/scripted/journal'
import type { Refusal, Wire } from '#server/scripted/model'
import { compile } from '#server/scripted/packs/compile'
import { sendJson } from '#server/scripted/respond'
import type { Compile } from '#server/scripted/rules/whole-build'
import { anthropicWire } from '#server/scripted/wires/anthropic'
import { compatibleWire } from '#server/scripted/wires/compatible'
import { openaiWire } from '#server/scripted/wires/openai'

export interface ScriptedOptions {
  /** 0 or nothing: any free port */
  port?: number
  host?: string
  /** Switches `/__control` and `/__journal` on. For tests. */
  control?: boolean
  /** milliseconds between two pieces of text */
  paceMs?: number
  /** Where requests are noted; give the same list to a second server to keep one journal over a restart. */
  journal?: JournalEntry[]
  /** the rules that make a build of a requirement */
  compile?: Compile
}

export interface ScriptedProvider {
  url: string
  close(): Promise<void>
  journal(): readonly JournalEntry[]
  /** The same as `POST /__control`, without HTTP. */
  faults: FaultQueue
}

/** The largest request, as at the real providers. */
const MAX_BODY_BYTES = 32 * 1024 * 1024

const routes: Readonly<Record<string, { wire: Wire; does: 'answer' | 'count' | 'models' }>> = {
  'POST /anthropic/v1/messages': { wire: anthropicWire, does: 'answer' },
  'POST /anthropic/v1/messages/count_tokens': { wire: anthropicWire, does: 'count' },
  'GET /anthropic/v1/models': { wire: anthropicWire, does: 'models' },
  'POST /openai/v1/responses': { wire: openaiWire, does: 'answer' },
  'POST /openai/v1/responses/input_tokens': { wire: openaiWire, does: 'count' },
  'GET /openai/v1/models': { wire: openaiWire, does: 'models' },
  'POST /compatible/v1/chat/completions': { wire: compatibleWire, does: 'answer' },
  'GET /compatible/v1/models': { wire: compatibleWire, does: 'models' },
}

interface Server extends Required<Omit<ScriptedOptions, 'port' | 'host'>> {
  faults: FaultQueue
}

/**
 * Starts the provider that calls no model: three real wires over HTTP, answers made by rules. It keeps nothing between
 * requests except the faults and the journal of tests, so it may be stopped and started at any time.
 * @throws AppError `port-taken`
 */
export async function startScriptedProvider(options: ScriptedOptions = {}): Promise<ScriptedProvider> {
  const server: Server = {
    control: options.control ?? false,
    paceMs: options.paceMs ?? 0,
    journal: options.journal ?? [],
    compile: options.compile ?? compile,
    faults: faultQueue(),
  }
  const listener = http.createServer((request, response) => {
    handle(server, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy(error instanceof Error ? error : undefined)
      else sendJson(response, 500, { error: { type: 'api_error', message: 'The scripted provider has a fault.' } })
    })
  })
  const host = options.host ?? '127.0.0.1'
  await listening(listener, options.port ?? 0, host)
  const { port } = listener.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    journal: () => server.journal,
    faults: server.faults,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve())
        listener.closeAllConnections()
      }),
  }
}

function listening(listener: http.Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', (cause) => {
      const message = `The scripted provider can not listen on ${host}:${port}: ${cause.message}. Set SCRIPTED_PORT to another port, or to 0 for any free one.`
      reject(new AppError({ code: 'port-taken', kind: 'unavailable', message, cause }))
    })
    listener.listen(port, host, resolve)
  })
}

async function handle(server: Server, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  if (server.control && path.startsWith('/__')) return await administer(server, path, request, response)
  if (path === '/' && request.method === 'GET')
    return sendJson(response, 200, { scripted: true, name: 'scripted provider' })
  const route = routes[`${request.method} ${path.replace(/\/$/, '')}`]
  const wire = route?.wire ?? wireOf(path)
  const body = await bodyOf(request)
  const requestHash = createHash('sha256')
    .update(`${path}\n`)
    .update(body ?? '')
    .digest('hex')
  const requestId = `req_${requestHash.slice(0, 28)}`
  const headers = { [wire.requestIdHeader]: requestId }
  const refuse = (refusal: Refusal): void => {
    // Unread bytes of a body that is too large would be taken for the next request.
    if (body === null) response.setHeader('connection', 'close')
    sendJson(response, refusal.status, wire.error(refusal, requestId), headers)
  }
  if (!route) return refuse({ status: 404, type: 'not_found_error', message: `No route: ${request.method} ${path}` })
  if (keyOf(request) === null) {
    return refuse({
      status: 401,
      type: 'authentication_error',
      message: 'No API key was sent: use Authorization: Bearer or x-api-key.',
    })
  }
  if (body === null) {
    return refuse({
      status: 413,
      type: 'request_too_large',
      message: 'Request exceeds the maximum allowed number of bytes (32 MB).',
    })
  }
  if (route.does === 'models') return sendJson(response, 200, wire.models(), headers)
  const json = parsed(body)
  if (json === undefined)
    return refuse({ status: 400, type: 'invalid_request_error', message: 'The request body is not valid JSON.' })
  const exchange: Exchange = {
    ...server,
    wire,
    json,
    requestHash,
    headers,
    refuse,
    response,
    runId: header(request, 'x-orchestrator-run'),
  }
  await answer(exchange, route.does)
}

function wireOf(path: string): Wire {
  return [anthropicWire, openaiWire, compatibleWire].find((wire) => path.startsWith(`/${wire.name}/`)) ?? anthropicWire
}

function header(request: http.IncomingMessage, name: string): string | null {
  const value = request.headers[name]
  return (Array.isArray(value) ? value[0] : value) || null
}

/** Any key will do, but there has to be one: a client that forgets it would fail at a real provider. */
function keyOf(request: http.IncomingMessage): string | null {
  const bearer = /^Bearer\s+(\S+)$/i.exec(header(request, 'authorization') ?? '')?.[1]
  return bearer ?? header(request, 'x-api-key')
}

/** The body, or null when it is larger than allowed. */
async function bodyOf(request: http.IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return null
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

async function administer(
  server: Server,
  path: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const route = `${request.method} ${path}`
  if (route === 'GET /__journal') return sendJson(response, 200, server.journal)
  if (route === 'DELETE /__journal') {
    server.journal.length = 0
    return sendJson(response, 200, { cleared: true })
  }
  if (route !== 'POST /__control') return sendJson(response, 404, { error: `No route: ${route}` })
  const body = await bodyOf(request)
  const wanted = controlSchema.safeParse(body === null ? undefined : parsed(body))
  if (!wanted.success) return sendJson(response, 400, { error: wanted.error.issues })
  server.faults.set(wanted.data.queue)
  sendJson(response, 200, { waiting: wanted.data.queue.length })
}

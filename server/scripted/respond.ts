import type http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Delivery } from '#server/scripted/faults'
import type { Frame } from '#server/scripted/model'

/** On every response, so that no caller can take it for a model's. */
const SCRIPTED_HEADER = { 'x-scripted': '1' }

export function sendJson(
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', ...SCRIPTED_HEADER, ...headers })
  response.end(text)
}

/** One event in the format of server-sent events (WHATWG HTML, 9.2). */
function frameText({ event, data, comment }: Frame): string {
  if (comment !== undefined) return `: ${comment}\n\n`
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`
}

export type Ending = 'complete' | 'broken' | 'client-gone'

/** Streams an answer at a readable pace and ends it as the delivery says. Stops when the client goes away. */
export async function sendStream(
  response: http.ServerResponse,
  { frames, end, delayMs }: Delivery,
  paceMs: number,
  headers: Readonly<Record<string, string>>,
): Promise<Ending> {
  const gone = goneSignal(response)
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...SCRIPTED_HEADER,
    ...headers,
  })
  response.flushHeaders()
  try {
    for (const frame of frames) {
      const pause = delayMs ?? (frame.paced ? paceMs : 0)
      if (pause > 0) await sleep(pause, undefined, { signal: gone })
      gone.throwIfAborted()
      await written(response, frameText(frame), gone)
    }
    return await finish(response, end, gone)
  } catch (error) {
    if (gone.aborted) return 'client-gone'
    throw error
  }
}

/** A whole answer under a transport fault: half of the body, then what the delivery says. */
export async function sendHalf(
  response: http.ServerResponse,
  body: unknown,
  end: Delivery['end'],
  headers: Readonly<Record<string, string>>,
): Promise<Ending> {
  const gone = goneSignal(response)
  const text = JSON.stringify(body)
  response.writeHead(200, { 'content-type': 'application/json', ...SCRIPTED_HEADER, ...headers })
  try {
    await written(response, text.slice(0, Math.floor(text.length / 2)), gone)
    return await finish(response, end, gone)
  } catch (error) {
    if (gone.aborted) return 'client-gone'
    throw error
  }
}

function goneSignal(response: http.ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => controller.abort())
  return controller.signal
}

/** Resolves when the bytes have left for the client, so that a cut comes after exactly the events asked for. */
function written(response: http.ServerResponse, text: string, gone: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(gone.reason)
    gone.addEventListener('abort', stop, { once: true })
    response.write(text, (error) => {
      gone.removeEventListener('abort', stop)
      if (error) reject(error)
      else resolve()
    })
  })
}

async function finish(response: http.ServerResponse, end: Delivery['end'], gone: AbortSignal): Promise<Ending> {
  switch (end) {
    case 'complete':
      response.end()
      return 'complete'
    case 'fin':
      response.socket?.end()
      return 'broken'
    case 'rst':
      response.socket?.resetAndDestroy()
      return 'broken'
    case 'stall':
      await new Promise<void>((resolve) => gone.addEventListener('abort', () => resolve(), { once: true }))
      return 'client-gone'
  }
}

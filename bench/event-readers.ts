import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'

/**
 * Many clients of GET /api/events in one process: keeps what came in, cheaply, and tells it when standard input ends.
 * Arguments: address, authorizations as JSON (clients share them evenly), number of clients, of how many each client the
 * times are kept.
 */
const [address, given, count, timed] = process.argv.slice(2) as [string, string, string, string]
const authorizations: string[] = JSON.parse(given)

interface Reader {
  ids: number[]
  /** Milliseconds from the row's own time to here. */
  late: number[]
}

function follow(index: number): { reader: Reader; opened: Promise<unknown> } {
  const reader: Reader = { ids: [], late: [] }
  const keepsTimes = index % Number(timed) === 0
  const authorization = authorizations[index % authorizations.length]
  const sent = request(`${address}/api/events`, { headers: { authorization }, agent: false })
  sent.on('response', (response) => {
    let rest = ''
    response.setEncoding('latin1')
    response.on('data', (chunk: string) => {
      const now = performance.timeOrigin + performance.now()
      rest += chunk
      const end = rest.lastIndexOf('\n\n')
      if (end < 0) return
      const whole = rest.slice(0, end)
      rest = rest.slice(end + 2)
      for (let at = whole.indexOf('id: '); at >= 0; at = whole.indexOf('\nid: ', at + 1)) {
        reader.ids.push(Number.parseInt(whole.slice(whole.indexOf(' ', at) + 1, at + 20), 10))
      }
      if (!keepsTimes) return
      for (const [, time] of whole.matchAll(/"at":"([^"]+)"/g)) reader.late.push(now - Date.parse(time as string))
    })
  })
  sent.on('error', (error) => process.stderr.write(`a client lost its connection: ${error.message}\n`))
  sent.end()
  return { reader, opened: following(sent) }
}

/** Until the stream has said from where on it follows the log: what is written before is not for this client. */
async function following(sent: ClientRequest): Promise<void> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`a client was answered with ${response.statusCode}`)
  await once(response, 'data')
}

const readers = Array.from({ length: Number(count) }, (_, index) => follow(index))
await Promise.all(readers.map(({ opened }) => opened))
process.stdout.write('open\n')
process.stdin.resume()
await once(process.stdin, 'end')
const told = JSON.stringify(readers.map(({ reader }) => reader))
process.stdout.write(told, () => process.exit(0))

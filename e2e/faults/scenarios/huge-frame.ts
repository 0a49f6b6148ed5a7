import type { Socket } from 'node:net'
import { memoryMb } from '../processes'
import { underProviderToxic } from '../provider-faults'
import type { Scenario } from '../scenario'

const MEGABYTES = 50
/** Megabytes that one such frame may add to a worker's memory. */
const MOST_GROWTH = 150

function hugeFrame(socket: Socket): void {
  socket.on('error', () => {})
  socket.resume()
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: message\ndata: "')
  const piece = Buffer.alloc(2 ** 20, 'x')
  const send = (left: number): void => {
    if (left === 0 || socket.destroyed) return void socket.end('"\n\n')
    socket.write(piece, () => send(left - 1))
  }
  send(MEGABYTES)
}

export const hugeFrameScenario: Scenario = {
  fault: '16',
  title: `one event of ${MEGABYTES} MB`,
  how: `the proxies answer with an event stream whose first event has ${MEGABYTES} MB, for 3 s`,
  async inject(world) {
    const before = Math.max(...world.workers.map(({ program }) => memoryMb(program.pid).most))
    const injected = await underProviderToxic(world, { answer: hugeFrame }, 3_000)
    const after = Math.max(...world.workers.map(({ program }) => memoryMb(program.pid).most))
    return {
      ...injected,
      facts: { 'worker MB before': before, 'at most': after },
      failures: after - before > MOST_GROWTH ? [`the worker grew by ${after - before} MB`] : [],
    }
  },
}

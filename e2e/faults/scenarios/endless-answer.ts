import type { Socket } from 'node:net'
import { underProviderToxic } from '../provider-faults'
import type { Scenario } from '../scenario'

/** Answers with the beginning of a stream and then with comments only, for ever. */
function heartbeatsOnly(socket: Socket): void {
  socket.on('error', () => {})
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n')
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(': still here\n\n')), 300)
  socket.resume()
}

export const endlessAnswer: Scenario = {
  fault: '15',
  title: 'answer never ends, only heartbeats come',
  how: 'the proxies answer with an event stream of comments, for 8 s',
  async inject(world) {
    return await underProviderToxic(world, { answer: heartbeatsOnly }, 8_000)
  },
}

import { readFileSync } from 'node:fs'
import path from 'node:path'
import vm from 'node:vm'
import { beforeEach, describe, expect, it } from 'vitest'

const code = readFileSync(path.join(import.meta.dirname, '../../public/live-worker.js'), 'utf8')

class FakeSource {
  static opened: FakeSource[] = []
  readonly url: string
  closed = false
  private readonly listeners: Record<string, (event: { data: string }) => void> = {}
  constructor(url: string) {
    this.url = url
    FakeSource.opened.push(this)
  }
  addEventListener(name: string, listener: (event: { data: string }) => void) {
    this.listeners[name] = listener
  }
  close() {
    this.closed = true
  }
  fire(name: string, data: unknown = '') {
    this.listeners[name]?.({ data: JSON.stringify({ json: data }) })
  }
}

interface Tab {
  got: { kind: string; state?: string; data?: { type: string; event?: { sequence: string } } }[]
  send: (message: unknown) => void
}

/** The worker with a clock that only moves when told to. */
function startWorker() {
  FakeSource.opened = []
  const timers = new Map<number, { run: () => void; delay: number }>()
  let ids = 0
  const self: { onconnect: null | ((event: unknown) => void) } = { onconnect: null }
  vm.runInNewContext(code, {
    self,
    EventSource: FakeSource,
    setTimeout: (run: () => void, delay: number) => {
      ids += 1
      timers.set(ids, { run, delay })
      return ids
    },
    clearTimeout: (id: number) => timers.delete(id),
  })
  const pass = (limit: number) => {
    for (const [id, { run, delay }] of [...timers]) {
      if (delay > limit) continue
      timers.delete(id)
      run()
    }
  }
  const open = (after: string): Tab => {
    const got: Tab['got'] = []
    const port = {
      postMessage: (message: Tab['got'][number]) => got.push(message),
      onmessage: (_: unknown) => {},
    }
    self.onconnect?.({ ports: [port] })
    const send = (data: unknown) => port.onmessage({ data })
    send({ kind: 'hello', url: 'http://x/live', after })
    return { got, send }
  }
  return { open, pass, source: () => FakeSource.opened.at(-1) as FakeSource }
}

const event = (sequence: number) => ({ type: 'event', event: { sequence: String(sequence) } })
const sequences = (tab: Tab) => tab.got.flatMap((message) => message.data?.event?.sequence ?? [])
const states = (tab: Tab) => tab.got.flatMap((message) => message.state ?? [])

describe('live worker', () => {
  let worker: ReturnType<typeof startWorker>
  beforeEach(() => {
    worker = startWorker()
  })

  it('gives all tabs one connection, and a late tab what it missed', () => {
    const first = worker.open('5')
    expect(worker.source().url).toBe('http://x/live?lastEventId=5')
    worker.source().fire('message', { type: 'ready', sequence: '5' })
    worker.source().fire('message', event(6))
    const second = worker.open('5')
    worker.source().fire('message', event(7))
    expect(FakeSource.opened).toHaveLength(1)
    expect([sequences(first), sequences(second)]).toEqual([
      ['6', '7'],
      ['6', '7'],
    ])
    expect(states(second)).toEqual(['live'])
  })

  it('drops what it has seen and passes log nudges on', () => {
    const tab = worker.open('5')
    worker.source().fire('message', event(6))
    worker.source().fire('message', event(6))
    worker.source().fire('message', { type: 'log', runId: 'r', sequence: 3 })
    expect(sequences(tab)).toEqual(['6'])
    expect(tab.got.at(-1)?.data?.type).toBe('log')
  })

  it('goes on after the last event when the connection breaks', () => {
    const tab = worker.open('5')
    worker.source().fire('message', { type: 'ready', sequence: '5' })
    worker.source().fire('message', event(9))
    worker.source().fire('error')
    expect(worker.source().closed).toBe(true)
    worker.pass(750) // 500 ms, spread out by half
    expect(worker.source().url).toBe('http://x/live?lastEventId=9')
    worker.source().fire('message', { type: 'ready', sequence: '9' })
    expect(states(tab)).toEqual(['connecting', 'live', 'connecting', 'live'])
  })

  it('does not trust a connection without a ping', () => {
    worker.open('5')
    worker.source().fire('message', { type: 'ready', sequence: '5' })
    const silent = worker.source()
    worker.pass(25_000)
    worker.pass(0)
    expect(silent.closed).toBe(true)
    expect(worker.source()).not.toBe(silent)
  })

  it('tells a tab that knows less than is kept to ask again', () => {
    worker.open('5')
    const late = worker.open('3')
    expect(late.got.map((message) => message.kind)).toEqual(['gap', 'state'])
  })

  it('begins anew behind a restored database', () => {
    const tab = worker.open('50')
    worker.source().fire('message', { type: 'ready', sequence: '8' })
    worker.source().fire('message', event(9))
    expect(tab.got.some((message) => message.kind === 'gap')).toBe(true)
    expect(sequences(tab)).toEqual(['9'])
  })

  it('says that there are too many connections, waits as long as it is told, and comes back', () => {
    const tab = worker.open('5')
    worker.source().fire('message', { type: 'ready', sequence: '5' })
    const data = { code: 'too-many-streams', details: { retryAfterSeconds: 15 } }
    for (let refused = 0; refused < 2; refused += 1) {
      worker.source().fire('serialized-error', { message: 'One more is not possible.', data })
      const closed = worker.source()
      expect(closed.closed).toBe(true)
      worker.pass(14_999)
      expect(worker.source()).toBe(closed)
      worker.pass(22_500)
      expect(worker.source()).not.toBe(closed)
    }
    expect(states(tab).slice(1)).toEqual(['live', 'crowded']) // said once, not at each try
    worker.source().fire('message', { type: 'ready', sequence: '5' })
    expect(states(tab).at(-1)).toBe('live')
  })

  it('tries again soon when it was refused for another reason', () => {
    const tab = worker.open('5')
    worker.source().fire('serialized-error', { message: 'no', data: { code: 'not-signed-in', details: {} } })
    expect(states(tab).at(-1)).toBe('refused')
    const closed = worker.source()
    worker.pass(750)
    expect(worker.source()).not.toBe(closed)
  })
})

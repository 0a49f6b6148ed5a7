import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FromWorker, joinLive } from './live-connection'

class FakePort {
  onmessage: (event: { data: FromWorker }) => void = () => {}
  readonly posted: { kind: string; after?: string }[] = []
  closed = false
  postMessage(message: { kind: string; after?: string }) {
    this.posted.push(message)
  }
  close() {
    this.closed = true
  }
}

let workers: FakeWorker[] = []
class FakeWorker {
  onerror: () => void = () => {}
  readonly port = new FakePort()
  constructor() {
    workers.push(this)
  }
  say(message: FromWorker) {
    this.port.onmessage({ data: message })
  }
  get kinds() {
    return this.port.posted.map(({ kind }) => kind)
  }
}

const newest = () => workers.at(-1) as FakeWorker
const live: FromWorker = { kind: 'state', state: 'live' }

describe('joining the live connection', () => {
  let visibility: EventTarget & { visibilityState: string }
  let got: FromWorker[]
  let last: string
  let leave: () => void

  beforeEach(() => {
    vi.useFakeTimers()
    workers = []
    got = []
    last = '7'
    visibility = Object.assign(new EventTarget(), { visibilityState: 'visible' })
    vi.stubGlobal('SharedWorker', FakeWorker)
    vi.stubGlobal('window', new EventTarget())
    vi.stubGlobal('document', visibility)
    vi.stubGlobal('location', { href: 'http://localhost/projects' })
    leave = joinLive(
      'ana',
      () => last,
      (message) => got.push(message),
    )
  })
  afterEach(() => {
    leave()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('keeps a worker that answers', () => {
    newest().say(live)
    vi.advanceTimersByTime(3_600_000)
    expect(workers).toHaveLength(1)
    expect(got).toEqual([live])
  })

  it('replaces a worker whose program could not be loaded, as often as it takes', () => {
    newest().onerror()
    vi.advanceTimersByTime(2000)
    expect(workers).toHaveLength(2)
    newest().onerror()
    vi.advanceTimersByTime(2000)
    expect(workers).toHaveLength(3)
    newest().say(live)
    vi.advanceTimersByTime(60_000)
    expect(workers).toHaveLength(3)
    expect(got.at(-1)).toEqual(live)
  })

  it('replaces a worker that never answers, and does not hear the old one any more', () => {
    const silent = newest()
    last = '9'
    vi.advanceTimersByTime(10_000)
    expect(workers).toHaveLength(2)
    expect([silent.port.closed, silent.kinds]).toEqual([true, ['hello', 'bye']])
    expect(newest().port.posted).toMatchObject([{ kind: 'hello', after: '9' }])
    silent.say(live)
    expect(got).toEqual([{ kind: 'state', state: 'connecting' }])
  })

  it('asks the worker whether it is there when the tab is looked at again', () => {
    newest().say(live)
    visibility.dispatchEvent(new Event('visibilitychange'))
    expect(newest().kinds).toEqual(['hello', 'hello'])
    vi.advanceTimersByTime(10_000)
    expect(workers).toHaveLength(2)
    expect(got.at(-1)).toEqual({ kind: 'state', state: 'connecting' })
  })

  it('ends with the page', () => {
    newest().onerror()
    leave()
    vi.advanceTimersByTime(60_000)
    expect(workers).toHaveLength(1)
  })
})

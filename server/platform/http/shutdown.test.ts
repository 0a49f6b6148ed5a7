import { afterEach, describe, expect, it } from 'vitest'
import { beginShutdown, untilShutdown } from './shutdown'

describe('untilShutdown', () => {
  afterEach(() => {
    delete (globalThis as { orchestratorShutdown?: AbortController }).orchestratorShutdown
  })

  it('ends when the client goes away, also if it went before', () => {
    const client = new AbortController()
    const stream = untilShutdown(client.signal)
    expect(stream.signal.aborted).toBe(false)
    client.abort()
    expect(stream.signal.aborted).toBe(true)
    expect(untilShutdown(client.signal).signal.aborted).toBe(true)
  })

  it('ends every stream when the server stops, released ones excepted', () => {
    const [open, released] = [untilShutdown(null), untilShutdown(undefined)]
    released.release()
    beginShutdown()
    expect(open.signal.aborted).toBe(true)
    expect(released.signal.aborted).toBe(false)
  })
})

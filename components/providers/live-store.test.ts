import { type QueryClient, QueryObserver } from '@tanstack/react-query'
import { TRPCClientError } from '@trpc/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LiveStore } from './live-store'
import { createQueries } from './trpc'

const requirementId = '01a21871-3445-75e7-bf86-50fb0288a755'
const open = [['decisions', 'open'], { input: { requirementId }, type: 'query' }]

function raised(sequence: number, of = requirementId) {
  const actor = { kind: 'agent', id: null, name: 'Implementer' }
  const event = { sequence: String(sequence), type: 'decision.raised', requirementId: of, actor, payload: {}, at: '' }
  return { kind: 'message' as const, data: { type: 'event' as const, event } }
}

let queries: QueryClient
let store: LiveStore
let unfollow: () => void
const ends: (() => void)[] = []

beforeEach(() => {
  vi.useFakeTimers()
  queries = createQueries()
  store = new LiveStore(queries, '5')
  unfollow = store.follow()
})
afterEach(() => {
  unfollow()
  for (const end of ends.splice(0)) end()
  queries.clear()
  vi.useRealTimers()
})

/** A part of a page that came with the answer the server had while it rendered. */
function mount(queryFn: () => Promise<string>) {
  const observer = new QueryObserver(queries, { queryKey: open, queryFn, initialData: 'nothing is asked' })
  ends.push(observer.subscribe(() => {}))
  return () => observer.getCurrentResult().data
}

it('asks again for an answer that was rendered before an event and mounted after it', async () => {
  store.receive(raised(6))
  await vi.advanceTimersByTimeAsync(40_000)
  const shown = mount(async () => 'which payment provider?')
  await vi.advanceTimersByTimeAsync(10)
  expect(shown()).toBe('which payment provider?')
})

it('does the same after a gap', async () => {
  store.receive({ kind: 'gap' })
  const shown = mount(async () => 'which payment provider?')
  await vi.advanceTimersByTimeAsync(10)
  expect(shown()).toBe('which payment provider?')
})

it('asks nothing again for what happened elsewhere, or long before the page was rendered', async () => {
  store.receive(raised(6))
  await vi.advanceTimersByTimeAsync(130_000)
  store.receive(raised(7, '01a21871-0000-75e7-bf86-50fb0288a755'))
  const asked = vi.fn(async () => 'which payment provider?')
  mount(asked)
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).not.toHaveBeenCalled()
})

it('asks again, later each time, for an answer the server could not give', async () => {
  const asked = vi.fn(async () => 'which payment provider?')
  asked.mockRejectedValue(new TypeError('Failed to fetch'))
  const shown = mount(asked)
  store.receive(raised(6))
  await vi.advanceTimersByTimeAsync(5_000)
  expect(asked).toHaveBeenCalledTimes(3) // at once, and twice more by itself
  await vi.advanceTimersByTimeAsync(15_000)
  expect(asked).toHaveBeenCalledTimes(6)
  asked.mockResolvedValue('which payment provider?')
  await vi.advanceTimersByTimeAsync(30_000)
  expect(shown()).toBe('which payment provider?')
  await vi.advanceTimersByTimeAsync(600_000)
  expect(asked).toHaveBeenCalledTimes(7)
})

it('takes a refusal as the answer', async () => {
  const asked = vi.fn(async (): Promise<string> => {
    const data = { httpStatus: 403 }
    throw TRPCClientError.from({ error: { message: 'no', code: -32003, data } } as never)
  })
  mount(asked)
  store.receive(raised(6))
  await vi.advanceTimersByTimeAsync(600_000)
  expect(asked).toHaveBeenCalledTimes(1)
})

it('rests between answers that take long, and shows the last one for all that', async () => {
  let asked = 0
  const shown = mount(async () => {
    asked += 1
    const answer = `answer ${asked}`
    await new Promise((resolve) => setTimeout(resolve, 60))
    return answer
  })
  for (let sequence = 6; sequence < 106; sequence += 1) {
    store.receive(raised(sequence))
    await vi.advanceTimersByTimeAsync(10)
  }
  expect(asked).toBeLessThanOrEqual(7) // in a second: one every 60 + 120 ms
  await vi.advanceTimersByTimeAsync(300)
  expect(shown()).toBe(`answer ${asked}`)
  const before = asked
  await vi.advanceTimersByTimeAsync(1_000)
  store.receive(raised(106))
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toBe(before + 1) // after a quiet time at once
})

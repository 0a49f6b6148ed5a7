import { expect, test } from 'vitest'
import { cutOffWhenStalled } from './stalled'

function counting() {
  const state = { given: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      state.given += 1
      controller.enqueue(new Uint8Array(10))
    },
    cancel() {
      state.cancelled = true
    },
  })
  return { state, body }
}

test('a client that reads gets everything', async () => {
  const body = new Response('one two three').body as ReadableStream<Uint8Array>
  expect(await new Response(cutOffWhenStalled(body, 50)).text()).toBe('one two three')
})

test('a client that stops reading is cut off, and its source is told', async () => {
  const { state, body } = counting()
  const reader = cutOffWhenStalled(body, 30).getReader()
  await reader.read()
  while (!state.cancelled) await new Promise((resolve) => setTimeout(resolve, 5))
  await expect(
    (async () => {
      for (let piece = 0; piece < 10; piece += 1) await reader.read()
    })(),
  ).rejects.toThrow(/took nothing/)
  expect(state.given).toBeLessThan(6)
})

test('a client that goes away is not waited for', async () => {
  const { state, body } = counting()
  await cutOffWhenStalled(body, 60_000).cancel()
  expect(state.cancelled).toBe(true)
})

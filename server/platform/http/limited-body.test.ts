import { expect, test } from 'vitest'
import { readLimited } from './limited-body'

function bodyOf(chunks: number[], onCancel = () => {}): ReadableStream<Uint8Array> {
  const rest = [...chunks]
  return new ReadableStream({
    pull(controller) {
      const size = rest.shift()
      if (size === undefined) controller.close()
      else controller.enqueue(new Uint8Array(size).fill(7))
    },
    cancel: onCancel,
  })
}

test('up to the limit everything is read, in order', async () => {
  expect(await readLimited(null, 10)).toHaveLength(0)
  expect(await readLimited(bodyOf([4, 0, 6]), 10)).toEqual(Buffer.alloc(10, 7))
})

test('one byte more is refused and the sender is told to stop', async () => {
  let cancelled = false
  const body = bodyOf([4, 6, 1, 1_000], () => {
    cancelled = true
  })
  await expect(readLimited(body, 10)).rejects.toMatchObject({ code: 'body-too-large', kind: 'too-large' })
  expect(cancelled).toBe(true)
})

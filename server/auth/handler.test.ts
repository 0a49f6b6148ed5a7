import { expect, test } from 'vitest'
import { handler } from './handler'

const send = (body: BodyInit, type = 'application/x-www-form-urlencoded') =>
  handler(
    new Request('http://localhost:3000/api/auth/callback/credentials', {
      method: 'POST',
      headers: { 'content-type': type },
      body,
      duplex: 'half',
    } as RequestInit),
    { params: Promise.resolve({ nextauth: ['callback', 'credentials'] }) },
  )

test('a body without end is refused while it is read', async () => {
  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 10_000
      controller.enqueue(new Uint8Array(10_000))
    },
  })
  expect((await send(endless)).status).toBe(413)
  expect(sent).toBeLessThan(200_000)
})

test('JSON of many levels is refused before it is parsed', async () => {
  expect((await send('['.repeat(50_000), 'application/json')).status).toBe(400)
})

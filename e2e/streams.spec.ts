import http from 'node:http'
import { expect, test } from 'playwright/test'
import { STREAMS_AT_ONCE } from '../server/platform/http/open-streams'
import { enter, live } from './fixtures'

test.setTimeout(150_000)

/** Opens the stream of a page, as one more browser of the same person; resolves with what it says first. */
function openStream(url: string, cookie: string): Promise<{ said: string; close: () => void }> {
  return new Promise((resolve, reject) => {
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    const request = http.get(`${url}/api/trpc/live.events`, { headers, agent: false }, (response) => {
      let said = ''
      response.setEncoding('utf8')
      response.on('error', () => {})
      response.on('data', (text: string) => {
        said += text
        if (/"ready"|too-many-streams/.test(said)) resolve({ said, close: () => request.destroy() })
      })
    })
    request.on('error', reject)
  })
}

test('a page of somebody with too many connections says so, and is live again when some have ended', async ({
  page,
  context,
}) => {
  await enter(page)
  await live(page)
  const url = process.env.E2E_URL as string
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  await page.goto('about:blank') // the browser's own connection ends with its last window
  const streams: Awaited<ReturnType<typeof openStream>>[] = []
  try {
    await expect
      .poll(
        async () => {
          while (streams.length < STREAMS_AT_ONCE) {
            const stream = await openStream(url, cookie)
            if (!stream.said.includes('"ready"')) break
            streams.push(stream)
          }
          return streams.length
        },
        { timeout: 60_000 },
      )
      .toBe(STREAMS_AT_ONCE)

    await page.goto('/projects')
    await expect(page.getByText('Not live: you have too many windows or programs connected.')).toBeVisible({
      timeout: 60_000,
    })
  } finally {
    for (const { close } of streams) close()
  }
  await live(page)
  await expect(page.getByText('Not live:')).toBeHidden()
})

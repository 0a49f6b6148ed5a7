import { Hono } from 'hono'
import { acceptInteraction } from '#server/notifications/slack/interaction'
import { unsubscribe } from '#server/notifications/unsubscribe'
import type { RestEnvironment } from '../authenticate'

/** Addresses that prove themselves by a signature instead of a session or token; they are not part of the API. */
export const signed = new Hono<RestEnvironment>()

/** Slack's "Interactivity" request URL: it wants an answer within three seconds, so the work is a job's. */
signed.post('/slack/interactions', async (context) => {
  const request = {
    body: new Uint8Array(await context.req.raw.arrayBuffer()),
    timestamp: context.req.header('x-slack-request-timestamp') ?? null,
    signature: context.req.header('x-slack-signature') ?? null,
  }
  await acceptInteraction(request, new Date())
  return context.body(null, 200)
})

/** A person who follows the link comes to a page with a button: opening a link changes nothing. */
signed.get('/unsubscribe/:token', (context) =>
  context.redirect(`/unsubscribe/${encodeURIComponent(context.req.param('token'))}`, 302),
)

/** RFC 8058: what a mail program's unsubscribe button calls, and the form of our own page. */
signed.post('/unsubscribe/:token', async (context) => {
  await unsubscribe(context.req.param('token'))
  const fromPage = context.req.header('sec-fetch-mode') === 'navigate'
  return fromPage ? context.redirect('/unsubscribe/done', 303) : context.body(null, 200)
})

import { z } from 'zod'
import { type Channel, type Outgoing, SendError, type Sent } from '../../ports'
import { callSlack, postToSlack, SLACK_LIMIT_MS } from '../../slack/api'
import { drawBlocks } from './blocks'

const postedSchema = z.object({ channel: z.string(), ts: z.string() })

function drawnFor(outgoing: Outgoing) {
  const { message, baseUrl, access } = outgoing
  return drawBlocks(message, { baseUrl, integrationId: access.kind === 'slack-bot' ? access.integrationId : null })
}

async function byBot(outgoing: Outgoing, token: string, signal: AbortSignal): Promise<Sent> {
  const drawn = drawnFor(outgoing)
  const [channel, ts] = outgoing.replaces?.split(':') ?? []
  const answer =
    channel && ts
      ? await callSlack('chat.update', token, { channel, ts, ...drawn }, signal)
      : await callSlack(
          'chat.postMessage',
          token,
          // Slack's own key against doubles: the same for every attempt at this message.
          { channel: outgoing.recipient, client_msg_id: outgoing.deliveryId, unfurl_links: false, ...drawn },
          signal,
        )
  const posted = postedSchema.safeParse(answer)
  if (!posted.success) throw new SendError('Slack did not say which message it is.', { retryable: false })
  return { externalId: `${posted.data.channel}:${posted.data.ts}`, rendered: drawn }
}

/** Slack, by an incoming webhook (one way) or a bot with buttons, whose messages change when a decision is taken. */
export const slack: Channel = {
  name: 'slack',
  label: 'Slack',
  personal: true,
  byDefault: {},
  changes: true,
  limitMs: SLACK_LIMIT_MS + 2_000,
  ready: () => true,
  render: drawnFor,
  send: async (outgoing, signal) => {
    const { access } = outgoing
    if (access.kind === 'slack-bot') return byBot(outgoing, access.token, signal)
    if (access.kind !== 'slack-webhook') throw new SendError('Slack is not connected any more.', { retryable: false })
    const drawn = drawnFor(outgoing)
    await postToSlack(access.url, { ...drawn }, signal)
    return { externalId: null, rendered: drawn }
  },
}

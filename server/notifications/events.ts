import { z } from 'zod'
import { topicSchema } from './model'

const endpoint = z.object({ endpointId: z.string(), name: z.string() })
const integration = z.object({ integrationId: z.string(), name: z.string() })

export const notificationEvents = {
  /** People were told something: how many, and by what. */
  'notification.sent': z.object({
    topic: topicSchema,
    title: z.string(),
    people: z.number(),
    channels: z.array(z.string()),
    /** channels that nobody has set up: what they would have sent is kept to be looked at */
    kept: z.array(z.string()).default([]),
  }),
  /** What they were told needs nobody any more. */
  'notification.settled': z.object({ outcome: z.string(), people: z.number() }),
  'webhook.added': endpoint,
  'webhook.changed': endpoint,
  'webhook.secret-rotated': endpoint,
  'webhook.enabled': endpoint,
  'webhook.disabled': endpoint.extend({ reason: z.string() }),
  'webhook.removed': endpoint,
  'webhook.redelivered': endpoint.extend({ event: z.string() }),
  'slack.connected': integration,
  'slack.disabled': integration.extend({ reason: z.string() }),
  'slack.removed': integration,
  'slack.person-linked': z.object({ slackUserId: z.string(), name: z.string() }),
  'slack.person-unlinked': z.object({ slackUserId: z.string() }),
}

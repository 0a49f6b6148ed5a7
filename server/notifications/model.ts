import { z } from 'zod'

/** What people can be told about, and what each is called in the settings. Only what may need a person is here. */
export const topics = {
  decision_needed: {
    label: 'A decision is needed',
    hint: 'Work waits for an answer.',
  },
  task_failed: {
    label: 'A task failed',
    hint: 'It was given up after its attempts; several failures of a requirement are one message.',
  },
  requirement_closed: {
    label: 'A requirement has ended',
    hint: 'Done, partly done, failed or cancelled.',
  },
  signal: {
    label: 'A signal needs attention',
    hint: 'Something was noticed that should not wait: a failing pipeline, an alert.',
  },
  budget: {
    label: 'A budget is reached',
    hint: 'Work stands still at a limit, or soon will.',
  },
  precedent: {
    label: 'A decision was taken by precedent',
    hint: 'Answered by itself as such questions were answered before; it can be undone.',
  },
} as const
export type Topic = keyof typeof topics
export const topicNames = Object.keys(topics) as Topic[]
export const topicSchema = z.enum(topicNames as [Topic, ...Topic[]])

/** Topics that ask something: they are settled when it is answered. */
export const questionTopics: readonly string[] = ['decision_needed', 'budget'] satisfies Topic[]
export const isQuestion = (topic: string): boolean => questionTopics.includes(topic)

const urgencies = ['now', 'today', 'whenever'] as const
export const urgencySchema = z.enum(urgencies)
export type Urgency = z.infer<typeof urgencySchema>

const channelNames = ['in-app', 'email', 'slack', 'webhook'] as const
const channelNameSchema = z.enum(channelNames)
export type ChannelName = z.infer<typeof channelNameSchema>

/** What of a topic one person gets by one channel: nothing, what concerns them, or everything they may see. */
const reaches = ['never', 'mine', 'all'] as const
const reachSchema = z.enum(reaches)
export type Reach = z.infer<typeof reachSchema>

export const matrixSchema = z.partialRecord(topicSchema, z.partialRecord(channelNameSchema, reachSchema))
export type Matrix = z.infer<typeof matrixSchema>

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Write the time like 22:00.')

const quietHoursSchema = z.object({ from: clockTime, to: clockTime })
export type QuietHours = z.infer<typeof quietHoursSchema>

const digests = ['none', 'hourly', 'daily'] as const
const digestSchema = z.enum(digests)
export type Digest = z.infer<typeof digestSchema>

const timeZone = z
  .string()
  .max(60)
  .refine(isTimeZone, 'This is not the name of a time zone. Names look like Europe/Berlin.')

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

/** What one person wants in one place. A place is "all" or a project; a project's wishes replace those for all. */
export const wishesSchema = z.object({
  matrix: matrixSchema,
  quietHours: quietHoursSchema.nullable(),
  timeZone,
  digest: digestSchema,
  digestAt: clockTime,
})
export type Wishes = z.infer<typeof wishesSchema>

export const placeSchema = z.union([z.literal('all'), z.uuid()])
/** Equal ends are no quiet hours at all: whoever chose them would wait for a silence that never comes. */
const chosenHours = quietHoursSchema.refine(
  ({ from, to }) => from !== to,
  'Quiet hours that begin when they end are none. Choose two different times, or leave quiet hours off.',
)
export const saveWishesInput = wishesSchema.extend({ quietHours: chosenHours.nullable(), place: placeSchema })
export type SaveWishes = z.infer<typeof saveWishesInput>

/** One of the things a grouped message stands for. */
export const itemSchema = z.object({ source: z.string(), title: z.string(), path: z.string() })
export type Item = z.infer<typeof itemSchema>
export const MOST_ITEMS = 50

const askedSchema = z.object({
  id: z.string(),
  kind: z.string(),
  question: z.string(),
  why: z.string(),
  options: z.array(
    z.object({ id: z.string(), label: z.string(), consequence: z.string(), reversible: z.boolean().nullable() }),
  ),
  recommended: z.string().nullable(),
  recommendedWhy: z.string(),
  defaultOption: z.string().nullable(),
  /** ISO */
  deadline: z.string().nullable(),
})
export type Asked = z.infer<typeof askedSchema>

/** What is told, before any channel has drawn it. Paths are inside the product; channels put the address before them. */
const messageSchema = z.object({
  topic: topicSchema,
  urgency: urgencySchema,
  title: z.string(),
  body: z.string(),
  facts: z.array(z.tuple([z.string(), z.string()])),
  path: z.string(),
  linkLabel: z.string(),
  project: z.string(),
  /** made by the built-in scripted provider: every channel says so */
  scripted: z.boolean(),
  items: z.array(itemSchema),
  decision: askedSchema.nullable(),
  /** set when nothing is left to do: what became of it */
  outcome: z.string().nullable(),
  /** messages with the same key belong to one conversation */
  thread: z.string(),
})
export type Message = z.infer<typeof messageSchema>

/** A delivery's payload: the message about the first thing, and everything it stands for by now. */
export const payloadSchema = z.object({ message: messageSchema, items: z.array(itemSchema), count: z.number().int() })
export type Payload = z.infer<typeof payloadSchema>

const deliveryKinds = ['message', 'update', 'digest', 'test', 'event'] as const
export type DeliveryKind = (typeof deliveryKinds)[number]

const deliveryStatuses = ['held', 'waiting', 'sending', 'sent', 'failed', 'skipped', 'folded'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

const name = z.string().trim().min(1, 'Give it a name.').max(80)
const url = z.string().trim().min(1, 'Enter the address.').max(2_000)

export const addEndpointInput = z.object({
  name,
  url,
  projectId: z.uuid().nullable().default(null),
  events: z.array(z.string().min(1).max(60)).min(1, 'Choose at least one event.').max(60),
})
export type AddEndpoint = z.input<typeof addEndpointInput>

export const changeEndpointInput = addEndpointInput.extend({ endpointId: z.uuid() })
export type ChangeEndpoint = z.input<typeof changeEndpointInput>

export const connectSlackInput = z.discriminatedUnion('mode', [
  z.object({
    mode: z.literal('webhook'),
    name,
    projectId: z.uuid().nullable().default(null),
    topics: z.array(topicSchema).min(1, 'Choose at least one topic.'),
    webhookUrl: url,
  }),
  z.object({
    mode: z.literal('bot'),
    name,
    projectId: z.uuid().nullable().default(null),
    topics: z.array(topicSchema).min(1, 'Choose at least one topic.'),
    botToken: z.string().trim().min(10, 'This is too short for a bot token.').max(400),
    signingSecret: z.string().trim().min(16, 'This is too short for a signing secret.').max(200),
    slackChannel: z
      .string()
      .trim()
      .regex(
        /^[CGD][A-Z0-9]{5,20}$/,
        'Enter the ID of the channel, such as C0123456789 (channel details, at the bottom).',
      ),
  }),
])
export type ConnectSlack = z.input<typeof connectSlackInput>

export const linkSlackPersonInput = z.object({
  integrationId: z.uuid(),
  userId: z.uuid(),
  slackUserId: z
    .string()
    .trim()
    .regex(/^[UW][A-Z0-9]{5,20}$/, 'A member ID in Slack looks like U0123456789 (profile, ⋮, Copy member ID).'),
})
export type LinkSlackPerson = z.infer<typeof linkSlackPersonInput>

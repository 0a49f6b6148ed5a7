import type { ChannelName, DeliveryKind, Message, Topic } from './model'

/** One message on its way to one recipient. Adapters get everything they need in here and read no rows. */
export interface Outgoing {
  deliveryId: string
  kind: DeliveryKind
  /** the same for every attempt at this message: channels hand it on where the other side understands such keys */
  idempotencyKey: string
  /** an address, a channel, a URL */
  recipient: string
  /** the address of the product, without a slash at the end */
  baseUrl: string
  message: Message
  /** for updates: what the channel called the message that is to be changed */
  replaces: string | null
  /** opens the decision for this person alone; null where there is none (a channel many people see) */
  personalLink: string | null
  /** ends e-mails of this kind for the person, in one step */
  unsubscribeLink: string | null
  /** opened secrets and settings of the integration or endpoint it goes through */
  access: Access
}

export type Access =
  | { kind: 'none' }
  | { kind: 'slack-webhook'; url: string }
  | { kind: 'slack-bot'; token: string; integrationId: string }
  | { kind: 'webhook'; secrets: string[]; allowLoopback: boolean; body: string; sentAt: Date }

export interface Sent {
  externalId: string | null
  /** what went out, without secrets, to show it to people */
  rendered: unknown
  answerStatus?: number
  answer?: string
}

/** What sending met with. `retryAfterSeconds` is what the other side asked for. */
export class SendError extends Error {
  readonly retryable: boolean
  readonly retryAfterSeconds: number | null
  /** the other side says that it wants no more */
  readonly gone: boolean
  readonly answerStatus: number | null
  readonly answer: string | null

  constructor(
    message: string,
    facts: {
      retryable: boolean
      retryAfterSeconds?: number | null
      gone?: boolean
      answerStatus?: number
      answer?: string
      cause?: unknown
    },
  ) {
    super(message, { cause: facts.cause })
    this.name = 'SendError'
    this.retryable = facts.retryable
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null
    this.gone = facts.gone ?? false
    this.answerStatus = facts.answerStatus ?? null
    this.answer = facts.answer ?? null
  }
}

/** A way to tell people or programs something. */
export interface Channel {
  readonly name: ChannelName
  /** what it is called in the settings */
  readonly label: string
  /** people choose it for themselves; others are set up for everybody by an admin */
  readonly personal: boolean
  /** what people get who have chosen nothing */
  readonly byDefault: Partial<Record<Topic, 'never' | 'mine' | 'all'>>
  /** whether it can change a message it has sent */
  readonly changes: boolean
  /** milliseconds a send may take before it counts as lost */
  readonly limitMs: number
  /** false: there is nowhere to send to (no mail server), and what would have gone out is only kept */
  ready: () => boolean
  /** what would go out, without secrets, to show it to people */
  render: (outgoing: Outgoing) => unknown
  /** @throws SendError */
  send: (outgoing: Outgoing, signal: AbortSignal) => Promise<Sent>
}

import type { ConnectorName } from '#server/agents/model'

/** A tool call of the assistant as the transcript holds it. */
export interface Call {
  id: string
  name: string
  input: unknown
}

export interface CallResult {
  id: string
  output: string
  /** Only the Anthropic wire can say it; the others carry the failure in the text. */
  isError: boolean
}

export type Turn =
  | { role: 'user'; text: string }
  | { role: 'assistant'; text: string; calls: Call[] }
  | { role: 'results'; results: CallResult[] }

/** What all three wires say in the end. The next step depends on this alone. */
export interface Conversation {
  model: string
  system: string
  turns: Turn[]
  /** names of the tools the caller offers */
  tools: string[]
  /** When set, the answer must be JSON of this schema. `schema` is null when the wire only asks for "some JSON". */
  answer: { name: string; schema: unknown } | null
}

export interface StepCall {
  name: string
  /** JSON text exactly as it goes over the wire; a fault may break it. */
  arguments: string
}

type StepStop = 'tool_use' | 'end' | 'max_tokens' | 'refusal'

/** What the scripted provider says next. */
export interface Step {
  thinking: string
  text: string
  calls: StepCall[]
  stop: StepStop
}

/** Tokens of one answer. `fresh` was neither read from nor written to the cache; `output` includes thinking. */
export interface TokenUsage {
  fresh: number
  cacheRead: number
  cacheWrite: number
  output: number
  thinking: number
}

/** Why a request is not answered, in the words of the API it was sent to. */
export interface Refusal {
  status: number
  type: string
  message: string
  param?: string | null
  code?: string | null
}

/** A request that passed the checks of its wire. */
export interface Reading {
  ok: true
  conversation: Conversation
  stream: boolean
  /** Does the caller ask for prompt caching (Anthropic), or does the API do it by itself (OpenAI)? */
  caches: boolean
  /** hidden: thinking is sent, but without its words */
  thinking: 'shown' | 'hidden' | 'none'
  maxOutputTokens: number | null
  /** the request itself, for fields that the answer repeats */
  body: Record<string, unknown>
}

type ReadingResult = Reading | { ok: false; refusal: Refusal }

/** Everything an encoder needs. The same reply encodes to the same bytes, today and after a restart. */
export interface Reply {
  /** hex hash of the request; all ids are made of it */
  hash: string
  reading: Reading
  step: Step
  usage: TokenUsage
}

/** One server-sent event. `paced` events are the ones a person watches arrive. */
export interface Frame {
  event?: string
  /** an object (sent as JSON) or raw text */
  data?: unknown
  comment?: string
  paced?: boolean
  /** The marker without which the answer does not count. */
  terminal?: boolean
}

interface StreamError {
  type: string
  message: string
  /** number of events sent before it */
  after: number
  /** Responses only: the answer ends as `response.failed` instead of an `error` event. */
  failed: boolean
}

/** A provider's protocol: how it reads a request and writes an answer. Pure. */
export interface Wire {
  name: ConnectorName
  read(body: unknown): ReadingResult
  /** For the token counting endpoint: the same checks, without what only a completion needs. */
  readForCount(body: unknown): ReadingResult
  frames(reply: Reply): Frame[]
  whole(reply: Reply): unknown
  counted(tokens: number): unknown
  models(): unknown
  error(refusal: Refusal, requestId: string): unknown
  /** An error in the middle of a stream, after the status 200 has been sent. */
  streamError(reply: Reply, error: StreamError): Frame[]
  requestIdHeader: string
}

/** Model ids that exist here. Anything else is 404, as at a real provider. */
export const scriptedModels = [
  'scripted-analyst',
  'scripted-implementer',
  'scripted-validator',
  'scripted-integrator',
  'scripted-reasoner',
] as const

/** Answers carry no clock, so that the same request gives the same bytes: 2026-11-01T00:00:00Z, seconds. */
export const FIXED_TIME = 1_793_491_200

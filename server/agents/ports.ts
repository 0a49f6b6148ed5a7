import type { Capability, ConnectorName } from './model'

/** A tool the model may call; `parameters` is a JSON Schema object with every property required. */
export interface ToolDefinition {
  name: string
  description: string
  parameters: Record<string, unknown>
}

/** A tool call as the model made it. `malformed` carries the raw text when the arguments were not valid JSON. */
export interface RequestedCall {
  callId: string
  name: string
  input: unknown
  malformed?: string
}

export interface ToolResult {
  callId: string
  name: string
  output: string
  isError: boolean
}

/** One entry of the conversation. Assistant entries keep the provider's own blocks byte for byte for replay. */
export type TranscriptEntry =
  | { role: 'user'; text: string }
  | {
      role: 'assistant'
      connector: ConnectorName
      model: string
      content: unknown
      text: string
      calls: RequestedCall[]
    }
  | { role: 'tool'; results: ToolResult[] }

/** What the model is asked in one turn. */
export interface Prompt {
  system: string
  transcript: TranscriptEntry[]
  tools: ToolDefinition[]
  /** When set, the answer must be one JSON object of this schema (strict: all properties required). */
  answer?: { name: string; schema: Record<string, unknown> }
}

/** Where and with what the call is made. */
export interface TurnContext {
  model: string
  apiKey: string
  /** Root of the provider's API, without a version path for Anthropic, with `/v1` for OpenAI-shaped ones. */
  baseUrl?: string
  maxOutputTokens: number
  /** Milliseconds without a single stream event before the call is given up (default 90,000). */
  idleTimeoutMs?: number
  /** Milliseconds for the whole call (default 20 minutes); keep-alives do not extend it. */
  totalTimeoutMs?: number
  /** Names the run and the provider mode in headers and logs; no secrets. */
  runId?: string
}

export type StopReason = 'tool_use' | 'end' | 'max_tokens' | 'refusal' | 'context_exceeded'

export interface Usage {
  /** Input tokens that were neither read from nor written to a cache. */
  input: number
  cacheRead: number
  cacheWrite: number
  /** Includes thinking. */
  output: number
  /** True when the provider reported nothing (cut, aborted) and we counted ourselves. */
  estimated: boolean
}

/** A finished turn. It exists only when the provider sent its terminal marker. */
export interface TurnResult {
  connector: ConnectorName
  /** The model that answered, as the provider names it. */
  model: string
  text: string
  /** Empty unless `stop` is `tool_use`: tools never run on any other stop. */
  calls: RequestedCall[]
  stop: StopReason
  content: unknown
  usage: Usage
  requestId: string | null
  responseId: string | null
  /** True when the response carried `x-scripted: 1`. */
  scripted: boolean
}

/** The live log of a turn. */
export type TurnEvent =
  | { type: 'turn-start'; model: string }
  | { type: 'text-delta'; text: string }
  | { type: 'thinking-delta'; text: string }
  | { type: 'tool-call'; name: string; callId: string }
  | { type: 'usage'; usage: Usage }
  | { type: 'turn-end'; stop: StopReason }

export interface ExecuteOptions {
  signal: AbortSignal
  /** The live log callback. Never throws into the connector; called in order. */
  onEvent: (event: TurnEvent) => void
}

/**
 * How we talk to a provider. One call = one HTTP attempt: retries, budgets and the journal belong to the bridge, so a
 * connector sets its SDK's own retries to 0.
 */
export interface Connector {
  readonly name: ConnectorName
  /** What agents on this wire can be used for. */
  capabilities(): readonly Capability[]
  /** @throws ProviderError (agents/errors.ts) for everything that is not a finished turn */
  execute(prompt: Prompt, context: TurnContext, options: ExecuteOptions): Promise<TurnResult>
  /** Model ids the server lists, for settings pages and compatibility probes. */
  listModels(context: Pick<TurnContext, 'apiKey' | 'baseUrl'>, signal: AbortSignal): Promise<string[]>
}

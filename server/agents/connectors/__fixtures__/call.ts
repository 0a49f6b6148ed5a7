import { ProviderError } from '#server/agents/errors'
import type { ConnectorName } from '#server/agents/model'
import type { Prompt, TranscriptEntry, TurnContext, TurnEvent, TurnResult } from '#server/agents/ports'
import { connectorFor } from '#server/agents/registry'

const readFile = {
  name: 'read_file',
  description: 'Reads a file.',
  parameters: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { path: { type: 'string' }, lines: { type: 'integer', minimum: 1, description: 'how many' } },
    required: ['path', 'lines'],
    additionalProperties: false,
  },
}

export function promptOf(transcript: TranscriptEntry[] | string, extra: Partial<Prompt> = {}): Prompt {
  const entries: TranscriptEntry[] = typeof transcript === 'string' ? [{ role: 'user', text: transcript }] : transcript
  return { system: 'You are careful.', transcript: entries, tools: [readFile], ...extra }
}

export interface Call {
  connector: ConnectorName
  baseUrl: string
  prompt?: Prompt
  context?: Partial<TurnContext>
  signal?: AbortSignal
  onEvent?: (event: TurnEvent) => void
}

/** One call through the registry's connector, with the events it emitted. */
export async function call(options: Call): Promise<{ result: TurnResult; events: TurnEvent[] }> {
  const events: TurnEvent[] = []
  const context = { model: 'scripted-one', apiKey: 'secret-key-1', maxOutputTokens: 1000, runId: 'run-7' }
  const result = await connectorFor(options.connector).execute(
    options.prompt ?? promptOf('hello'),
    { ...context, baseUrl: options.baseUrl, ...options.context },
    {
      signal: options.signal ?? new AbortController().signal,
      onEvent: (event) => {
        events.push(event)
        options.onEvent?.(event)
      },
    },
  )
  return { result, events }
}

/** The ProviderError a call ends with; a finished turn or any other error fails the test. */
export async function failureOfCall(options: Call): Promise<ProviderError & { events: TurnEvent[] }> {
  const events: TurnEvent[] = []
  try {
    await call({
      ...options,
      onEvent: (event) => {
        events.push(event)
        options.onEvent?.(event)
      },
    })
  } catch (error) {
    if (error instanceof ProviderError) return Object.assign(error, { events })
    throw error
  }
  throw new Error('the call ended as a finished turn')
}

/** The assistant entry a turn leaves in the transcript. */
export function entryOf(result: TurnResult): TranscriptEntry {
  const { connector, model, content, text, calls } = result
  return { role: 'assistant', connector, model, content, text, calls }
}

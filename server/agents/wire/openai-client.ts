import OpenAI from 'openai'
import type { Exchange } from './exchange'
import { sdkTimeout } from './turn'

/** The SDK's client for one exchange, for both wires that it speaks. Retries are the bridge's business. */
export function openaiClient(access: { apiKey: string; baseURL: string }, exchange: Exchange): OpenAI {
  return new OpenAI({
    ...access,
    // null keeps the SDK from taking these from the environment of whoever started the server
    organization: null,
    project: null,
    fetch: exchange.fetch,
    maxRetries: 0,
    timeout: sdkTimeout(exchange),
    logLevel: 'off',
  })
}

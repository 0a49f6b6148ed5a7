import type OpenAI from 'openai'
import type { Connector, TurnContext } from '#server/agents/ports'
import type { DialPolicy } from '#server/agents/wire/dial'
import type { Exchange } from '#server/agents/wire/exchange'
import { openaiClient } from '#server/agents/wire/openai-client'
import { listedModels, readTurn, runHeaders } from '#server/agents/wire/turn'
import { ChatReader } from './from-stream'
import { toRequest } from './to-request'

/** Where an agent on this wire calls when nobody gave it an address. */
const DEFAULT_BASE_URL = 'https://api.deepseek.com'

function clientFor(context: Pick<TurnContext, 'apiKey' | 'baseUrl'>, exchange: Exchange): OpenAI {
  // Local servers need no key, the SDK does.
  return openaiClient({ apiKey: context.apiKey || 'none', baseURL: context.baseUrl ?? DEFAULT_BASE_URL }, exchange)
}

/** Any server that speaks Chat Completions: DeepSeek, Ollama, LM Studio, vLLM. */
export function compatibleConnector(policy: DialPolicy): Connector {
  return {
    name: 'compatible',
    capabilities: () => ['analysis', 'code', 'validation', 'reasoning'],
    execute: (prompt, context, options) =>
      readTurn({
        prompt,
        context,
        options,
        policy,
        reader: new ChatReader(prompt, context.model, options.onEvent),
        open: (exchange) =>
          clientFor(context, exchange).chat.completions.create(toRequest(prompt, context), {
            signal: exchange.signal,
            headers: runHeaders(context),
          }),
      }),
    listModels: (context, signal) =>
      listedModels(context, signal, policy, (exchange) =>
        clientFor(context, exchange).models.list({ signal: exchange.signal }),
      ),
  }
}

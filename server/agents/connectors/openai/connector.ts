import type OpenAI from 'openai'
import type { Connector, TurnContext } from '#server/agents/ports'
import type { DialPolicy } from '#server/agents/wire/dial'
import type { Exchange } from '#server/agents/wire/exchange'
import { openaiClient } from '#server/agents/wire/openai-client'
import { listedModels, readTurn, runHeaders } from '#server/agents/wire/turn'
import { ResponseReader } from './from-stream'
import { toRequest } from './to-request'

const DEFAULT_BASE_URL = 'https://api.openai.com/v1'

function clientFor(context: Pick<TurnContext, 'apiKey' | 'baseUrl'>, exchange: Exchange): OpenAI {
  return openaiClient({ apiKey: context.apiKey, baseURL: context.baseUrl ?? DEFAULT_BASE_URL }, exchange)
}

/** Codex-class models over the Responses API, streamed, nothing stored at the provider. */
export function openaiConnector(policy: DialPolicy): Connector {
  return {
    name: 'openai',
    capabilities: () => ['analysis', 'code', 'validation', 'reasoning'],
    execute: (prompt, context, options) =>
      readTurn({
        prompt,
        context,
        options,
        policy,
        reader: new ResponseReader(prompt, options.onEvent),
        open: (exchange) =>
          clientFor(context, exchange).responses.create(toRequest(prompt, context), {
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

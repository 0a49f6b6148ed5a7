import Anthropic from '@anthropic-ai/sdk'
import type { Connector, TurnContext } from '#server/agents/ports'
import type { DialPolicy } from '#server/agents/wire/dial'
import type { Exchange } from '#server/agents/wire/exchange'
import { listedModels, readTurn, runHeaders, sdkTimeout } from '#server/agents/wire/turn'
import { MessageReader } from './from-stream'
import { toRequest } from './to-request'

const DEFAULT_BASE_URL = 'https://api.anthropic.com'

function clientFor(context: Pick<TurnContext, 'apiKey' | 'baseUrl'>, exchange: Exchange): Anthropic {
  return new Anthropic({
    apiKey: context.apiKey,
    baseURL: context.baseUrl ?? DEFAULT_BASE_URL,
    fetch: exchange.fetch,
    maxRetries: 0,
    timeout: sdkTimeout(exchange),
    logLevel: 'off',
    openTelemetry: false,
  })
}

/** Claude over the Messages API, streamed. */
export function anthropicConnector(policy: DialPolicy): Connector {
  return {
    name: 'anthropic',
    capabilities: () => ['analysis', 'code', 'validation', 'reasoning'],
    execute: (prompt, context, options) =>
      readTurn({
        prompt,
        context,
        options,
        policy,
        reader: new MessageReader(prompt, options.onEvent),
        open: (exchange) =>
          clientFor(context, exchange).messages.create(toRequest(prompt, context), {
            signal: exchange.signal,
            headers: runHeaders(context),
          }),
      }),
    listModels: (context, signal) =>
      listedModels(context, signal, policy, (exchange) =>
        clientFor(context, exchange).models.list({ limit: 1000 }, { signal: exchange.signal }),
      ),
  }
}

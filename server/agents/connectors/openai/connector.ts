import OpenAI from 'openai'
import type { Connector, TurnContext } from '#server/agents/ports'
import type { DialPolicy } from '#server/agents/wire/dial'
import type { Exchange } from '#server/agents/wire/exchange'
import { listedModels, readTurn, sdkTimeout } from '#server/agents/wire/turn'
import { ResponseReader } from './from-stream'
import { toRequest } from './to-request'

const DEFAULT_BASE_URL = 'https://api.openai.com/v1'

function clientFor(context: Pick<TurnContext, 'apiKey' | 'baseUrl'>, exchange: Exchange): OpenAI {
  return new OpenAI({
    apiKey: context.apiKey,
    baseURL: context.baseUrl ?? DEFAULT_BASE_URL,
    // null keeps the SDK from taking these from the environment of whoever started the server
    organization: null,
    project: null,
    fetch: exchange.fetch,
    maxRetries: 0,
    timeout: sdkTimeout(exchange),
    logLevel: 'off',
  })
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
            headers: context.runId ? { 'x-orchestrator-run': context.runId } : {},
          }),
      }),
    listModels: (context, signal) =>
      listedModels(context, signal, policy, (exchange) =>
        clientFor(context, exchange).models.list({ signal: exchange.signal }),
      ),
  }
}

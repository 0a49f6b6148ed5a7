import OpenAI from 'openai'
import type { Connector, TurnContext } from '#server/agents/ports'
import type { DialPolicy } from '#server/agents/wire/dial'
import type { Exchange } from '#server/agents/wire/exchange'
import { listedModels, readTurn, sdkTimeout } from '#server/agents/wire/turn'
import { ChatReader } from './from-stream'
import { toRequest } from './to-request'

/** Where an agent on this wire calls when nobody gave it an address. */
const DEFAULT_BASE_URL = 'https://api.deepseek.com'

function clientFor(context: Pick<TurnContext, 'apiKey' | 'baseUrl'>, exchange: Exchange): OpenAI {
  return new OpenAI({
    // Local servers need no key, the SDK does.
    apiKey: context.apiKey || 'none',
    baseURL: context.baseUrl ?? DEFAULT_BASE_URL,
    organization: null,
    project: null,
    fetch: exchange.fetch,
    maxRetries: 0,
    timeout: sdkTimeout(exchange),
    logLevel: 'off',
  })
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
            headers: context.runId ? { 'x-orchestrator-run': context.runId } : {},
          }),
      }),
    listModels: (context, signal) =>
      listedModels(context, signal, policy, (exchange) =>
        clientFor(context, exchange).models.list({ signal: exchange.signal }),
      ),
  }
}

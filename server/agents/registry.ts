import { anthropicConnector } from '#server/agents/connectors/anthropic/connector'
import { compatibleConnector } from '#server/agents/connectors/compatible/connector'
import { openaiConnector } from '#server/agents/connectors/openai/connector'
import { type ConnectorName, connectorNames } from '#server/agents/model'
import type { Connector } from '#server/agents/ports'
import type { DialPolicy } from '#server/agents/wire/dial'

const factories: Record<ConnectorName, (policy: DialPolicy) => Connector> = {
  anthropic: anthropicConnector,
  openai: openaiConnector,
  compatible: compatibleConnector,
}

/**
 * The connector of a wire.
 * @param policy which addresses it may dial. Without one: public addresses, and the machine itself when the base URL
 * says so literally (127.0.0.1, localhost), which was decided when the URL was saved; a name that merely resolves to
 * the machine or into a private network is refused.
 */
export function connectorFor(name: ConnectorName, policy: DialPolicy = 'as-saved'): Connector {
  return factories[name](policy)
}

export const connectors: readonly Connector[] = connectorNames.map((name) => connectorFor(name))

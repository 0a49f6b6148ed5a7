import type { Scope } from '#server/auth/model'
import { agentsEnvironment } from '#server/platform/env/agents'
import { addressPolicy } from '#server/secrets/address'
import { revealForRun } from '#server/secrets/commands'
import type { RevealedCredential } from '#server/secrets/model'
import { AgentError } from './errors'
import { connectorNameSchema, providerSchema, SCRIPTED_PREFIX } from './model'
import type { Connector } from './ports'
import { connectorFor } from './registry'

/** Where and as whom an agent calls its provider in one run. */
export interface Connection {
  connector: Connector
  model: string
  apiKey: string
  baseUrl?: string
}

/** What of an agent says where its calls go. */
export interface Caller {
  name: string
  role: string
  connector: string
  provider: string
  model: string
  baseUrl: string | null
}

/** The scripted provider's address for each wire. */
const scriptedPath = { anthropic: '/anthropic', openai: '/openai/v1', compatible: '/compatible/v1' } as const

/** Addresses that the operator of this installation chose may lie on the machine itself or in its network. */
const ownAddress = { allowLoopback: true, allowPrivate: true }

/** The scripted stand-in of an agent, by its role; a role of somebody's own is played by the implementer. */
function scriptedModel(role: string): string {
  const known = ['analyst', 'implementer', 'validator', 'integrator', 'reasoner']
  return `${SCRIPTED_PREFIX}${known.includes(role) ? role : 'implementer'}`
}

/**
 * Resolves an agent to a connection. A scripted run only ever reaches the scripted provider, and a live run never does:
 * there is no falling back from one to the other.
 * @throws AgentError no-credential when a live agent's provider has no key, or none for where the agent calls
 */
export async function connectionFor(scope: Scope, agent: Caller, providerMode: string): Promise<Connection> {
  const name = connectorNameSchema.parse(agent.connector)
  if (providerMode === 'scripted') {
    const root = agentsEnvironment().SCRIPTED_URL
    if (!root) {
      throw new AgentError({
        code: 'no-credential',
        kind: 'unavailable',
        message: 'The scripted provider is not running. Start the product with "npm start", which starts it too.',
        retryable: true,
      })
    }
    return {
      connector: connectorFor(name, ownAddress),
      model: scriptedModel(agent.role),
      apiKey: 'scripted',
      baseUrl: `${root}${scriptedPath[name]}`,
    }
  }
  const credential = await revealForRun(scope, providerSchema.parse(agent.provider))
  if (!credential) {
    throw new AgentError({
      code: 'no-credential',
      kind: 'unavailable',
      message: `${agent.name} has no key for ${agent.provider}. An admin can add one under Settings → Provider keys.`,
    })
  }
  refuseElsewhere(agent, credential)
  // An address from the environment was chosen by whoever runs this installation; one from a settings page was not.
  const chosenByOperator = agent.baseUrl === null && credential.fromEnvironment
  return {
    connector: connectorFor(name, chosenByOperator ? ownAddress : await addressPolicy(scope)),
    model: agent.model,
    apiKey: credential.apiKey,
    baseUrl: agent.baseUrl ?? credential.baseUrl ?? undefined,
  }
}

/** Whoever may change agents could otherwise have the installation's key sent to a server of their own. */
function refuseElsewhere(agent: Caller, credential: RevealedCredential): void {
  if (!credential.fromEnvironment || agent.baseUrl === null || agent.baseUrl === credential.baseUrl) return
  throw new AgentError({
    code: 'no-credential',
    kind: 'unavailable',
    message: `The installation's key for ${agent.provider} goes only where the installation says, and ${agent.name} has an address of its own. An admin can add a key for it under Settings → Provider keys, or leave the agent's address empty.`,
  })
}

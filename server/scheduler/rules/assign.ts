import type { Capability } from '#server/agents/model'
import type { AgentFact } from './facts'

/** The choice of an agent with everything that led to it: stored on the task and shown as "why this agent". */
export interface Assignment {
  agentId: string
  agentName: string
  reasons: string[]
  candidates: Candidate[]
}

export interface Candidate {
  agentId: string
  name: string
  /** higher is better; null when it was refused */
  score: number | null
  facts: string[]
  refusedBecause: string | null
}

export interface Wish {
  capability: Capability
  providerMode: 'scripted' | 'live'
  /** agents that had their attempts already */
  tried: readonly string[]
  /** the wire that implemented: its author must not judge its own work */
  notConnector?: string
  /** US dollars per million output tokens that the agent must cost less than */
  cheaperThan?: number | null
  /** a person chose this agent: what it offers does not matter */
  anyCapability?: boolean
}

/** Weights of the score, each fact scaled to 0…1: health first, then load, then price, then being a specialist. */
const weights = { health: 4, load: 2, price: 1, specialist: 1 } as const

/** Dollars per million output tokens at which the price counts half. */
const PRICE_MIDDLE = 10

function refusal(agent: AgentFact, wish: Wish): string | null {
  if (!agent.enabled) return 'is switched off'
  if (!wish.anyCapability && !agent.capabilities.includes(wish.capability)) return `does not offer ${wish.capability}`
  if (wish.providerMode === 'live' && !agent.hasCredential) return `has no key for ${agent.provider}`
  if (wish.notConnector === agent.connector) return `speaks the same wire (${agent.connector}) as the implementer`
  if (wish.tried.includes(agent.id)) return 'has used up its attempts here'
  if (wish.cheaperThan != null && (agent.outputPrice === null || agent.outputPrice >= wish.cheaperThan)) {
    return 'does not cost less'
  }
  return null
}

function judge(agent: AgentFact, wish: Wish): Candidate {
  const refusedBecause = refusal(agent, wish)
  // Laplace's rule of succession: an agent without history counts as half proven, not as perfect.
  const health = (agent.recentRuns - agent.recentFailures + 1) / (agent.recentRuns + 2)
  const load = 1 - Math.min(1, agent.running / agent.maxConcurrent)
  const price = agent.outputPrice === null ? 0.5 : PRICE_MIDDLE / (PRICE_MIDDLE + agent.outputPrice)
  const specialist = 1 / agent.capabilities.length
  const score = weights.health * health + weights.load * load + weights.price * price + weights.specialist * specialist
  const priceFact =
    agent.outputPrice === null ? 'price not applicable' : `$${agent.outputPrice} per million output tokens`
  const facts = [
    agent.recentRuns === 0
      ? 'no run ended lately'
      : `${agent.recentRuns - agent.recentFailures} of its last ${agent.recentRuns} runs went well`,
    `${agent.running} of ${agent.maxConcurrent} slots in use`,
    wish.providerMode === 'scripted' ? 'scripted: no price' : priceFact,
    `offers ${agent.capabilities.join(', ')}`,
  ]
  return {
    agentId: agent.id,
    name: agent.name,
    score: refusedBecause ? null : Number(score.toFixed(3)),
    facts,
    refusedBecause,
  }
}

/** The agent for a task, or null with every candidate's reason when none fits. Ties go to the first by name. */
export function assign(
  agents: readonly AgentFact[],
  wish: Wish,
): { chosen: Assignment | null; candidates: Candidate[] } {
  const candidates = [...agents]
    .sort((left, right) => left.name.localeCompare(right.name, 'en') || left.id.localeCompare(right.id))
    .map((agent) => judge(agent, wish))
    .sort((left, right) => (right.score ?? -1) - (left.score ?? -1))
  const best = candidates[0]
  if (!best || best.score === null) return { chosen: null, candidates }
  const second = candidates[1]?.score === null ? undefined : candidates[1]
  const reasons = [
    `offers ${wish.capability}`,
    ...best.facts.slice(0, 3),
    second ? `ahead of ${second.name} (${best.score} against ${second.score})` : 'the only agent that fits',
  ]
  return { chosen: { agentId: best.agentId, agentName: best.name, reasons, candidates }, candidates }
}

/** Why nobody fits, for the person who has to decide. */
export function describeRefusals(candidates: readonly Candidate[]): string {
  if (candidates.length === 0) return 'There is no agent in this organization.'
  return candidates.map((candidate) => `${candidate.name} ${candidate.refusedBecause}`).join('; ')
}

import { clock } from '#server/tasks/rules/waiting'
import type { AgentFact, Facts, Limit, Rival } from './facts'
import { mayGo } from './fair'

/** What a run waits for when there is no room for it. */
export interface NoRoom {
  kind: 'slot' | 'provider' | 'turn'
  reason: string
  /** when a provider takes calls again */
  until: Date | null
}

/** Counts slots down while steps are chosen: agent, provider, project, organization, and whose turn it is. */
export interface Slots {
  /** null when the agent may take one more run of this requirement now */
  refusal(agent: AgentFact): NoRoom | null
  take(agent: AgentFact): void
  /** how many more runs of anybody the agent could take */
  room(agent: AgentFact): number
}

interface Scarce {
  left: number
  competes: (rival: Rival, wanted: AgentFact) => boolean
}

const free = ({ used, most }: Limit): number => (most === null ? Number.POSITIVE_INFINITY : Math.max(0, most - used))

export function slotsOf(facts: Facts): Slots {
  const { organization, project, providers, own, rivals } = facts.limits
  const taken = new Map<string, number>()
  const count = (key: string): number => taken.get(key) ?? 0
  const ofProvider = (name: string): number => {
    const provider = providers.find((row) => row.provider === name)
    return provider ? free(provider) - count(name) : Number.POSITIVE_INFINITY
  }
  const ofAgent = (agent: AgentFact): number =>
    Math.min(agent.maxConcurrent - agent.running - count(agent.id), ofProvider(agent.provider))
  const ofAll = (limit: Limit): number => free(limit) - count('all')
  const room = (agent: AgentFact): number => Math.min(ofAgent(agent), ofAll(organization), ofAll(project))
  const isOpen = (name: string): boolean => {
    const until = providers.find((row) => row.provider === name)?.closedUntil
    return !until || until <= facts.now
  }
  /** What could be scarce: how much of it is left, and whose wish for which agent would use it up too. */
  const scarce = (agent: AgentFact): Scarce[] => {
    const usable = (other: AgentFact) => ofAgent(other) > 0 && isOpen(other.provider)
    return [
      { left: room(agent), competes: (_, other) => other.id === agent.id },
      {
        left: ofProvider(agent.provider),
        competes: (_, other) => other.provider === agent.provider && usable(other),
      },
      { left: ofAll(project), competes: (rival, other) => rival.projectId === facts.project.id && usable(other) },
      { left: ofAll(organization), competes: (_, other) => usable(other) },
    ]
  }
  const wishes = rivals.map((rival) => ({ rival, agents: facts.agents.filter(({ id }) => rival.wants.includes(id)) }))
  const refusalOf = (agent: AgentFact): NoRoom | null => {
    const provider = providers.find((row) => row.provider === agent.provider)
    if (provider?.closedUntil && provider.closedUntil > facts.now) {
      const until = provider.closedUntil
      return { kind: 'provider', until, reason: `Waits for ${agent.provider} until ${clock(until)}.` }
    }
    const full = fullLimit(facts, agent, count)
    if (full) return { kind: 'slot', until: null, reason: full }
    const self = {
      requirementId: facts.requirement.id,
      projectId: facts.project.id,
      running: own.running + count('all'),
      projectRunning: project.used + count('all'),
      servedAt: own.servedAt,
    }
    const before = scarce(agent).reduce<Rival | null>((found, { left, competes }) => {
      if (found) return found
      const competing = wishes.filter(({ rival, agents }) => agents.some((other) => competes(rival, other)))
      return mayGo({ self, rivals: competing.map(({ rival }) => rival), room: left })
    }, null)
    return before && { kind: 'turn', until: null, reason: `Waits for its turn: R${before.number} goes first.` }
  }
  /** Asked for each task and agent, and the same until the next slot is taken. */
  const refusals = new Map<string, NoRoom | null>()
  return {
    refusal(agent) {
      const known = refusals.get(agent.id)
      if (known !== undefined) return known
      const found = refusalOf(agent)
      refusals.set(agent.id, found)
      return found
    },
    room: (agent) => Math.max(0, room(agent)),
    take(agent) {
      refusals.clear()
      for (const key of ['all', agent.id, agent.provider]) taken.set(key, count(key) + 1)
    },
  }
}

function fullLimit(facts: Facts, agent: AgentFact, count: (key: string) => number): string | null {
  const { organization, project, providers } = facts.limits
  const running = agent.running + count(agent.id)
  if (running >= agent.maxConcurrent) {
    return `Waits for a slot of ${agent.name} (${running} of ${agent.maxConcurrent} busy).`
  }
  const provider = providers.find((row) => row.provider === agent.provider)
  const named: [string, Limit | undefined, number][] = [
    ['the project', project, count('all')],
    ['the organization', organization, count('all')],
    [agent.provider, provider, count(agent.provider)],
  ]
  for (const [name, limit, more] of named) {
    if (limit?.most !== null && limit !== undefined && limit.used + more >= limit.most) {
      return `Waits for a slot of ${name} (${limit.used + more} of ${limit.most} busy).`
    }
  }
  return null
}

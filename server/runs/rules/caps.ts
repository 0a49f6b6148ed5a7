import { timeInWords } from '#server/kernel/amounts'
import type { PinnedAgent } from './pinned'

/** What a run has used of what one attempt may take. Waiting for people or for a provider is not work. */
export interface Work {
  turns: number
  toolCalls: number
  ms: number
}

export interface Cap {
  code: 'turn-limit' | 'tool-limit' | 'time-limit'
  message: string
}

/** Milliseconds an attempt may work: what the requirement's budget says about time goes before the agent's setting. */
export function workLimitMs(agent: Pick<PinnedAgent, 'maxMinutes'>, budgetMs: number | null): number {
  return budgetMs ?? agent.maxMinutes * 60_000
}

/** The cap that ends the attempt before its next model call; null while there is none. */
export function reachedCap(agent: PinnedAgent, work: Work, limitMs: number): Cap | null {
  const without = 'without finishing. The work so far is kept for the next attempt.'
  if (work.turns >= agent.maxTurns) {
    return { code: 'turn-limit', message: `${agent.name} used its ${agent.maxTurns} turns ${without}` }
  }
  if (work.toolCalls >= agent.maxToolCalls) {
    return { code: 'tool-limit', message: `${agent.name} used its ${agent.maxToolCalls} tool calls ${without}` }
  }
  if (work.ms >= limitMs) {
    return { code: 'time-limit', message: `${agent.name} worked for ${timeInWords(limitMs)} ${without}` }
  }
  return null
}

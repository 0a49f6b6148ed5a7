import type { Features } from '../model'
import type { Case } from './precedent'

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const options = ['cancel', 'retry', 'skip']
const errors = ['overloaded', 'checks-failed', 'context-exceeded', 'refused']
const capabilities = ['code', 'reasoning', 'integration']
const risks = ['low', 'medium', 'high']
const projects = ['shop', 'billing', 'site']

/**
 * What this made-up team does about a task that failed: what passes by itself is tried again; failing checks are tried
 * again until the third attempt and then left out, unless much waits for the task, then it is tried again; the rest is
 * left out, and stopped when the risk is high. Money, project, capability and agent play no part.
 */
export function madeRule(features: Features): string {
  const { errorClass, attempt, risk, blockedTasks } = features
  if (errorClass === 'overloaded') return 'retry'
  if (errorClass === 'checks-failed') {
    return (attempt ?? 0) < 3 || (blockedTasks ?? 0) >= 6 ? 'retry' : 'skip'
  }
  return risk === 'high' ? 'cancel' : 'skip'
}

/**
 * A history of a team that follows `madeRule`, except that with probability `noise` it chooses one of the other
 * options. No predictor can agree with it more often than 1 − noise in the long run.
 */
export function madeHistory(given: { count: number; seed: number; noise: number }): Case[] {
  const random = seeded(given.seed)
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  return Array.from({ length: given.count }, (_, index) => {
    const features: Features = {
      kind: 'task_failed',
      options,
      recommended: 'skip',
      projectId: pick(projects),
      capability: pick(capabilities),
      risk: pick(risks),
      agentRole: pick(['implementer', 'reasoner']),
      errorClass: pick(errors),
      mark: null,
      attempt: 1 + Math.floor(random() * 4),
      costMicroUsd: Math.floor(10 ** (3 + random() * 4)),
      blockedTasks: Math.floor(random() * 10),
      words: ['task', 'succeed', 'agent'],
    }
    const ruled = madeRule(features)
    const others = options.filter((option) => option !== ruled)
    return {
      decisionId: `made-${index}`,
      question: `Made-up question ${index}`,
      answeredBy: 'Made-up team',
      features,
      option: random() < given.noise ? pick(others) : ruled,
    }
  })
}

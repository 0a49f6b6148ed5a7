import type { Option } from '#server/decisions/model'
import { dollars, timeInWords, tokensInWords } from '#server/kernel/amounts'
import type { BudgetLevel, Dimension, WallReason } from '../model'

/** A budget as it stood when a call was refused. */
export interface WallFacts {
  level: BudgetLevel
  /** as people call it: "R3 Task board", "the project Shop" */
  owner: string
  reason: WallReason
  /** in the unit of the reason; null limit when only a price is missing */
  limit: number | null
  spent: number
  reserved: number
  /** the worst case of the call that was refused */
  needed: number
  model: string
  agentName: string
  /** an agent that can do the same for less, if there is one */
  cheaper: { name: string; share: number } | null
  /** what an attempt at the task is expected to take with the present agent; null when nothing is known */
  attempt: { microUsd: number | null; ms: number | null }
}

export interface WallQuestion {
  question: string
  why: string
  options: Option[]
  recommended: string
  recommendedWhy: string
  /** the new limit if it is raised; null when a price is missing */
  raiseTo: number | null
}

/** The smallest steps a budget is raised by: 1 dollar, 100,000 tokens, 30 minutes. */
const leastStep: Record<Dimension, number> = { money: 1_000_000, tokens: 100_000, time: 30 * 60_000 }

/**
 * The limit that is proposed: half as much again, and in any case room for the refused call four times over, in round
 * numbers. Never less than what is spent, reserved and needed.
 */
export function raisedLimit(dimension: Dimension, { limit, spent, reserved, needed }: WallFacts): number {
  const step = leastStep[dimension]
  const wished = Math.max(Math.round((limit ?? 0) * 1.5), spent + reserved + 4 * needed, (limit ?? 0) + step)
  return Math.ceil(wished / step) * step
}

export function inWords(dimension: Dimension, amount: number): string {
  if (dimension === 'money') return dollars(amount)
  return dimension === 'tokens' ? tokensInWords(amount) : timeInWords(amount)
}

/** The question that a used-up budget puts, with its numbers. */
export function wallQuestion(facts: WallFacts): WallQuestion {
  return facts.reason === 'unpriced' ? missingPrice(facts) : usedUp(facts.reason, facts)
}

function usedUp(dimension: Dimension, facts: WallFacts): WallQuestion {
  const say = (amount: number) => inWords(dimension, amount)
  const limit = facts.limit ?? 0
  const raiseTo = raisedLimit(dimension, facts)
  const more = raiseTo - limit
  const raise: Option = {
    id: 'raise',
    label: `Raise by ${say(more)} to ${say(raiseTo)}`,
    consequence: `Everything that waits goes on at once. It costs at most ${say(more)} more than allowed so far.`,
    reversible: true,
    ...(dimension === 'money' ? { costMicroUsd: more } : {}),
  }
  return {
    question: `The budget of ${facts.owner} is used up. Raise it by ${say(more)}?`,
    why: [
      `The limit is ${say(limit)}: ${say(facts.spent)} are spent and ${say(facts.reserved)} are reserved for calls under way.`,
      `The next call of ${facts.agentName} (${facts.model}) could need ${say(facts.needed)} in the worst case, so it was not made.`,
      'What is built so far is kept, and whatever needs no model goes on.',
    ].join(' '),
    options: [raise, ...cheaperOption(facts), ...endings(facts)],
    recommended: 'raise',
    recommendedWhy: 'The work so far is kept only as long as it can be finished.',
    raiseTo,
  }
}

function missingPrice(facts: WallFacts): WallQuestion {
  return {
    question: `What does the model ${facts.model} cost? Without a price the budget of ${facts.owner} can't be kept.`,
    why: `${facts.owner} has a budget in money, and nobody has told what ${facts.model} (${facts.agentName}) costs. Its calls are not made until an admin sets a price under Settings → Budgets and prices.`,
    options: [
      {
        id: 'raise',
        label: 'The price is set: go on',
        consequence: 'The calls are made if a price is set by then; otherwise the same is asked again.',
        reversible: true,
      },
      ...cheaperOption(facts),
      ...endings(facts),
    ],
    recommended: 'raise',
    recommendedWhy: 'Set the price first: it takes a minute, and everything goes on where it stopped.',
    raiseTo: null,
  }
}

function cheaperOption({ cheaper, attempt }: WallFacts): Option[] {
  if (cheaper === null) return []
  const { microUsd, ms } = attempt
  const percent = Math.max(1, Math.round(cheaper.share * 100))
  return [
    {
      id: 'cheaper',
      label: `Give it to ${cheaper.name}`,
      consequence: `Its calls cost about ${percent} % of the present agent's. The present attempts end and start anew with it, within the same budget.`,
      reversible: true,
      ...(microUsd === null ? {} : { costMicroUsd: Math.round(microUsd * cheaper.share) }),
      ...(ms === null ? {} : { timeMs: Math.round(ms) }),
    },
  ]
}

/** What ends without it: the task, the requirement, or everything that waits at a wider budget. */
function endings({ level }: WallFacts): Option[] {
  const kept = 'No further cost. What is merged stays'
  if (level === 'task') {
    const consequence = `${kept}. The task ends as failed, what builds on it is not built, and the requirement ends partly done.`
    return [{ id: 'stop', label: 'Leave it out', consequence, reversible: false }]
  }
  const label = level === 'requirement' ? 'Stop the requirement' : 'Stop every requirement that waits'
  return [{ id: 'stop', label, consequence: `${kept}; what is not finished is not built.`, reversible: false }]
}

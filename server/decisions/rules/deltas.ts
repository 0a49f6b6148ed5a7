import type { DecisionKind, Option } from '../model'

/** What something is expected to take, from stored history; null when nothing is known. */
export interface Expected {
  /** millionths of a US dollar; scripted work has no money */
  microUsd: number | null
  ms: number | null
}

/** What is known of the work that a question is about. Every number comes from rows of the organization. */
export interface Expectations {
  /** one more attempt at the task, its review included */
  attempt: Expected
  /** making a plan once more */
  plan: Expected
  /** the plan that is to be approved, from start to end: all its tasks, and its longest path */
  whole: Expected
  /** a requirement of this organization, as the last ones went */
  requirement: Expected
  /** money for the task and what builds on it, that is not spent when they are left out */
  branchMicroUsd: number | null
  /** money for all that is not finished */
  restMicroUsd: number | null
  /** milliseconds that the task may take longer before the requirement ends later; null when nobody knows */
  slackMs: number | null
}

const unknown: Expected = { microUsd: null, ms: null }

/** A sum of which nothing is known when one part is not. */
export function total(parts: readonly (number | null)[]): number | null {
  return parts.some((part) => part === null) ? null : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0)
}

/** One more attempt: its money, and by how much the requirement ends later because of it. */
function again({ attempt, slackMs }: Expectations): Expected {
  const { microUsd, ms } = attempt
  return { microUsd, ms: ms === null || slackMs === null ? ms : Math.max(0, ms - slackMs) }
}

const saved = (microUsd: number | null): Expected => ({ microUsd: microUsd === null ? null : -microUsd, ms: null })
const branch = ({ branchMicroUsd }: Expectations): Expected => saved(branchMicroUsd)
const rest = ({ restMicroUsd }: Expectations): Expected => saved(restMicroUsd)
const ofTask = { retry: again, skip: branch, cancel: rest }

/** What each answer changes against going on as planned. Answers that are not named change what nobody can say. */
const effects: Partial<Record<DecisionKind, Record<string, (facts: Expectations) => Expected>>> = {
  task_failed: ofTask,
  merge_conflict: ofTask,
  no_agent: ofTask,
  sandbox_missing: { skip: branch, cancel: rest },
  plan_approval: { approve: ({ whole }) => whole, revise: ({ plan }) => plan },
  plan_failed: { retry: ({ plan }) => plan },
  budget_wall: { stop: rest },
  signal: {
    send_back: again,
    // The work goes on meanwhile, so nothing ends later.
    fix: ({ requirement }) => ({ microUsd: requirement.microUsd, ms: null }),
    hold_fix: ({ requirement }) => requirement,
  },
}

/**
 * The options with what each is expected to change in money and time. What whoever asks has said itself stays; what
 * nobody knows is left out, never guessed.
 * @param ofTaskItself false when the question is about the plan or the whole requirement
 */
export function withDeltas(
  kind: DecisionKind,
  options: readonly Option[],
  facts: Expectations,
  ofTaskItself: boolean,
): Option[] {
  const known = kind === 'no_agent' && !ofTaskItself ? effects.plan_failed : effects[kind]
  return options.map((option) => {
    const { microUsd, ms } = known?.[option.id]?.(facts) ?? unknown
    return {
      ...option,
      ...(microUsd === null ? {} : { costMicroUsd: option.costMicroUsd ?? Math.round(microUsd) }),
      ...(ms === null ? {} : { timeMs: option.timeMs ?? Math.round(ms) }),
    }
  })
}

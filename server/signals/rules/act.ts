import type { PolicyLevel, SignalAction } from '../model'
import type { State } from '../ports'
import type { Classification } from './classify'
import type { Route } from './route'

export interface ActFacts {
  found: Classification
  state: State
  external: boolean
  policy: PolicyLevel
  route: Route
  muted: boolean
  grouped: boolean
  /** how many signals lie between it and something a person did */
  depth: number
  /** false when people found the rule wrong too often */
  trusted: boolean
  /** unfinished work of the project that it touches */
  touchesWork: boolean
  /** the unfinished task it is about */
  task: { id: string; ref: string } | null
  /** the engine asks people about this by itself */
  askedElsewhere: boolean
}

export interface Act {
  action: SignalAction
  why: string
}

/** From here on a signal that follows from signals only proposes: nothing goes round in circles by itself. */
const MOST_DEPTH = 2

/**
 * What a signal sets in motion. From outside it asks and proposes unless the project's policy says more; a chain of
 * signals ends with people.
 */
export function act(facts: ActFacts): Act {
  const quiet = quietly(facts)
  if (quiet) return quiet
  const { found, policy } = facts
  const restrained = restraint(facts)
  if (policy === 'act' && restrained === null) {
    const own = byItself(facts)
    if (own) return own
  }
  if (found.kind === 'quality_issue' && facts.touchesWork && found.urgency !== 'whenever' && restrained === null) {
    return { action: 'decision', why: 'It touches work in progress, so people are asked how to go on.' }
  }
  if (found.kind === 'decision_needed') {
    return { action: 'notification', why: 'Somebody has to act elsewhere; whoever it goes to is told.' }
  }
  if (found.kind === 'integration') return { action: 'notification', why: 'Worth knowing today.' }
  return { action: 'proposal', why: restrained ?? proposed(facts) }
}

function quietly({ found, policy, muted, grouped, route, askedElsewhere, state }: ActFacts): Act | null {
  if (muted) return { action: 'none', why: 'Such signals are muted.' }
  if (grouped) return { action: 'none', why: 'The burst it belongs to is dealt with once.' }
  if (policy === 'record') return { action: 'none', why: 'The project’s policy only records such signals.' }
  if (state === 'resolved' && found.urgency === 'whenever') return { action: 'none', why: 'It is over.' }
  if (route.to === 'nobody') return { action: 'none', why: 'It goes to nobody.' }
  if (askedElsewhere)
    return { action: 'notification', why: 'What follows is decided where the work is; this only tells.' }
  return null
}

/** Why it may not do more than propose; null when it may. */
function restraint({ depth, trusted }: ActFacts): string | null {
  if (depth >= MOST_DEPTH) return 'It follows from signals that followed from signals: people decide.'
  if (!trusted) return 'People found its rule wrong more often than right: it only proposes.'
  return null
}

function byItself({ found, route, task, touchesWork }: ActFacts): Act | null {
  if (route.to === 'agent' && task) {
    return { action: 'task', why: `The policy allows it: ${task.ref} goes back to its agent with what was reported.` }
  }
  if (touchesWork) return null
  const wanted = found.kind === 'requirement' || (found.kind === 'quality_issue' && found.urgency !== 'whenever')
  return wanted ? { action: 'requirement', why: 'The policy allows it: it became a requirement.' } : null
}

function proposed({ external, policy }: ActFacts): string {
  if (policy === 'act') return 'An idea: people decide whether it becomes work.'
  return external
    ? 'It came from outside, and the project’s policy lets people decide what becomes of it.'
    : 'The project’s policy lets people decide what becomes of it.'
}

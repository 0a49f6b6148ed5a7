import { isClosed } from '#server/requirements/model'
import { type NextActor, nextActorOf, type Situation } from '#server/tasks/rules/next-actor'
import type { Facts } from './facts'
import type { NoRoom } from './slots'

/** The unfinished task that says most about what its requirement waits for. */
export interface LeadingTask extends NextActor {
  ref: string
  /** unfinished tasks in flight beside it */
  others: number
}

/** A run at the plan that has not ended. */
export interface PlanRun {
  id: string
  agentName: string
  /** what its row says it waits for, when it is laid aside: people, a budget, a time */
  waits: NextActor | null
}

interface More {
  leading: LeadingTask | null
  planRun: PlanRun | null
  held: NoRoom | null
}

const LOOK_MS = 60_000

/** Who acts next for a requirement that has come to rest; null when it is closed. */
export function requirementActor(facts: Facts, more: More): NextActor | null {
  const { requirement, now } = facts
  if (isClosed(requirement.status)) return null
  if (requirement.pausedBy !== null) return nextActorOf({ kind: 'paused', by: requirement.pausedBy }, now)
  const open = facts.decisions.findLast((decision) => decision.status === 'open')
  if (requirement.status !== 'in_progress') {
    if (!open && more.planRun?.waits) return afterItsOwn(more.planRun.waits)
    return nextActorOf(planning(open, more), now)
  }
  if (requirement.verification === 'requested' && !facts.counts.unfinished) {
    return nextActorOf({ kind: 'verification' }, now)
  }
  const { leading } = more
  if (!leading) return nextActorOf({ kind: 'scheduler' }, now)
  const others = leading.others > 0 ? ` ${leading.others} more in flight.` : ''
  const { actor, id, name, deadline } = leading
  return afterItsOwn({ actor, id, name, reason: `${leading.ref}: ${leading.reason}${others}`, deadline })
}

/** What a task or run waits for, with a later deadline, so that whoever is overdue is found there first. */
function afterItsOwn(next: NextActor): NextActor {
  return { ...next, deadline: new Date(next.deadline.getTime() + LOOK_MS) }
}

function planning(open: Facts['decisions'][number] | undefined, more: Pick<More, 'planRun' | 'held'>): Situation {
  if (open?.held) {
    const { label, until } = open.held
    return { kind: 'timer', until, reason: `The answer "${label}" takes effect unless somebody takes it back.` }
  }
  if (open) {
    const { id, who = null, question, defaultLabel, deadline } = open
    return { kind: 'decision', id, who, question, default: defaultLabel, deadline }
  }
  if (more.planRun) {
    const { id, agentName } = more.planRun
    return { kind: 'agent', runId: id, agentName, doing: 'makes the plan' }
  }
  if (more.held) return { kind: 'room', reason: more.held.reason, until: more.held.until }
  return { kind: 'scheduler' }
}

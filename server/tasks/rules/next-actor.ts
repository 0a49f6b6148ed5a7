import { type Asked, inSentence, TEAM } from '../model'
import { clock, WAITING_MS, waitsForCount, waitsForTasks } from './waiting'

/** Who has the next move of something unfinished, why, and by when. Exactly one, always. */
export interface NextActor {
  actor: 'agent' | 'system' | 'timer' | 'person' | 'group'
  /** the run, decision or task it is about */
  id: string | null
  name: string
  /** complete, for people */
  reason: string
  /** when the watchdog steps in */
  deadline: Date
}

/** The name of the timer that everything waits for which a change holds back until it can't be undone any more. */
export const UNDO_TIMER = 'Undo'

/** A run that was laid aside and is free again: it takes a slot like everything else. */
export const freeAgain: Situation = { kind: 'room', reason: 'Goes on as soon as there is room for it.', until: null }

/** The next attempt waits a little, because the last one failed for a reason that time mends. */
export const triesAgain = (until: Date, why: string): Situation => ({
  kind: 'timer',
  until,
  reason: `Tries again after a pause: ${why}`,
})

/** What holds up a requirement, a task, a run or a merge. Each kind names its actor. */
export type Situation =
  | { kind: 'dependencies'; open: number; refs: string[] }
  | { kind: 'turn' }
  | { kind: 'room'; reason: string; until: Date | null }
  | { kind: 'files'; holderId: string; reason: string }
  | { kind: 'paused'; by: string }
  | { kind: 'timer'; until: Date; reason: string }
  | { kind: 'agent'; runId: string; agentName: string; doing: string }
  | { kind: 'proof'; commands: number }
  | { kind: 'merge' }
  | { kind: 'verification' }
  | {
      kind: 'decision'
      id: string
      /** null is the team */
      who: Asked | null
      question: string
      default: string | null
      deadline: Date | null
    }
  | { kind: 'scheduler' }

const MINUTE = 60_000

/** Milliseconds each actor has, at most, before somebody looks. */
export const actorMs = {
  /** Orchestrator itself, deciding */
  scheduler: 30_000,
  /** a queued run: a worker takes it */
  queued: 2 * MINUTE,
  /** a run without a stored turn: model calls and commands of agents have limits of their own below this */
  silence: 15 * MINUTE,
  /** one attempt of an agent at a task */
  attempt: 2 * 60 * MINUTE,
  /** one acceptance command, twice: in the queue and in the sandbox */
  command: 20 * MINUTE,
  /** the merge queue of the project */
  merge: 60 * MINUTE,
  verification: 2 * 60 * MINUTE,
  /** waiting for a slot: other work holds it */
  room: 60 * MINUTE,
  /** people are reminded */
  person: 24 * 60 * MINUTE,
} as const

const later = (now: Date, ms: number): Date => new Date(now.getTime() + ms)
const orchestrator = { actor: 'system', id: null, name: 'Orchestrator' } as const

/** The one next actor of a situation. Total: there is no situation without one. */
export function nextActorOf(situation: Situation, now: Date): NextActor {
  switch (situation.kind) {
    case 'dependencies': {
      const { open, refs } = situation
      const reason = refs.length === open ? waitsForTasks(refs) : waitsForCount(open)
      return { ...orchestrator, reason, deadline: later(now, WAITING_MS) }
    }
    case 'turn':
      return { ...orchestrator, reason: waitsForTasks([]), deadline: later(now, WAITING_MS) }
    case 'room': {
      const { reason, until } = situation
      return until
        ? { ...orchestrator, actor: 'timer', name: 'Timer', reason, deadline: until }
        : { ...orchestrator, reason, deadline: later(now, actorMs.room) }
    }
    case 'files':
      return { ...orchestrator, id: situation.holderId, reason: situation.reason, deadline: later(now, actorMs.room) }
    case 'timer':
      return {
        ...orchestrator,
        actor: 'timer',
        name: 'Timer',
        reason: situation.reason,
        deadline: situation.until,
      }
    default:
      return workOrPeople(situation, now)
  }
}

type WorkOrPeople = Exclude<Situation, { kind: 'dependencies' | 'turn' | 'room' | 'files' | 'timer' }>

function workOrPeople(situation: WorkOrPeople, now: Date): NextActor {
  switch (situation.kind) {
    case 'agent': {
      const { runId, agentName, doing } = situation
      return {
        actor: 'agent',
        id: runId,
        name: agentName,
        reason: `${agentName} ${doing}.`,
        deadline: later(now, actorMs.attempt),
      }
    }
    case 'proof': {
      const reason = 'Orchestrator re-runs the acceptance commands.'
      return { ...orchestrator, reason, deadline: later(now, (situation.commands + 1) * actorMs.command) }
    }
    case 'merge':
      return {
        ...orchestrator,
        reason: 'Orchestrator merges it when its turn in the queue of the project comes.',
        deadline: later(now, actorMs.merge),
      }
    case 'verification':
      return {
        ...orchestrator,
        reason: 'Orchestrator re-runs every check on the merged result.',
        deadline: later(now, actorMs.verification),
      }
    case 'paused':
      return {
        actor: 'person',
        id: null,
        name: situation.by,
        reason: `Paused by ${situation.by}, until somebody resumes it.`,
        deadline: later(now, actorMs.person),
      }
    case 'decision':
      return answerer(situation, now)
    case 'scheduler':
      return {
        ...orchestrator,
        reason: 'Orchestrator decides what happens next.',
        deadline: later(now, actorMs.scheduler),
      }
  }
}

function answerer(situation: Extract<Situation, { kind: 'decision' }>, now: Date): NextActor {
  const { id, question, deadline } = situation
  const who = situation.who ?? { actor: 'group', name: TEAM }
  const after = situation.default && deadline ? ` At ${clock(deadline)} the default is used: ${situation.default}.` : ''
  return {
    actor: who.actor,
    id,
    name: who.name,
    reason: `Waits for the answer of ${inSentence(who.name)}: ${question}${after}`,
    deadline: deadline ?? later(now, actorMs.person),
  }
}

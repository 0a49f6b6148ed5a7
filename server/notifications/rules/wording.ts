import type { Role } from '#server/auth/model'
import type { Asked, Item, Message, Topic, Urgency } from '../model'
import type { Concern } from './audience'

/** An event with what is known about the things it names. Everything that comes from rows is text for people. */
export interface Happened {
  type: string
  sequence: string
  actor: { kind: string; id: string | null; name: string }
  payload: Record<string, unknown>
  project: { id: string; name: string; scripted: boolean } | null
  requirement: { id: string; number: number; title: string; submittedById: string | null } | null
  task: { id: string; ref: string; title: string } | null
  decision: (Asked & DecisionFacts) | null
}

export interface DecisionFacts {
  assigneeId: string | null
  answererIds: string[]
  answerRole: Role
  blockedTasks: number
}

/** What is told of an event: the message, whom it may concern, and what it joins. */
export interface Telling {
  message: Message
  concern: Concern
  item: Item
}

/** What a page about the thing is. */
function pathOf({ type, project, requirement, task, decision }: Happened): string {
  if (type === 'webhook.disabled' || type === 'slack.disabled') return '/settings/integrations'
  if (decision) return `/decisions/${decision.id}`
  if (project && task) return `/projects/${project.id}/tasks/${task.id}`
  if (project && requirement) return `/projects/${project.id}/requirements/${requirement.id}`
  return project ? `/projects/${project.id}` : '/activity'
}

const text = (happened: Happened, key: string): string => {
  const value = happened.payload[key]
  return typeof value === 'string' ? value.trim() : ''
}

const HOUR_MS = 3600_000

/** A decision is urgent when its deadline is near, or when it holds up more than one task. */
export function urgencyOfDecision(decision: { deadline: string | null; blockedTasks: number }, now: Date): Urgency {
  const left = decision.deadline === null ? Number.POSITIVE_INFINITY : Date.parse(decision.deadline) - now.getTime()
  if (left <= 2 * HOUR_MS || decision.blockedTasks > 1) return 'now'
  return decision.blockedTasks > 0 || left <= 24 * HOUR_MS ? 'today' : 'whenever'
}

/**
 * Signals that need nobody now are on their page; one that asks for a decision is told by that decision. What the
 * engine itself waits for has such a decision; what somebody else's tool waits for has none. What is told of the event
 * that caused it is not told twice.
 */
function signalUrgency(happened: Happened): Urgency | null {
  const urgency = text(happened, 'urgency')
  if (text(happened, 'action') === 'decision') return null
  if (text(happened, 'kind') === 'decision_needed' && happened.payload.external !== true) return null
  if (Object.hasOwn(tellers, text(happened, 'cause'))) return null
  if (happened.payload.muted === true || happened.payload.grouped === true) return null
  return urgency === 'now' || urgency === 'today' ? urgency : null
}

/** Said before the title of a signal that people know already. */
function before({ payload }: Happened): string {
  if (payload.escalated !== undefined) return 'Worse than before: '
  return typeof payload.round === 'number' && payload.round > 1 ? 'Back again: ' : ''
}

interface Words {
  topic: Topic
  urgency: Urgency
  title: string
  body: string
  linkLabel: string
  thread: string
}

const endings: Record<string, string> = { done: 'is done', partly_done: 'is partly done', failed: 'failed' }

const tellers: Record<string, (happened: Happened, now: Date) => Words | null> = {
  'decision.raised': (happened, now) => question(happened, now, ''),
  'decision.delegated': (happened, now) => {
    const { actor, decision } = happened
    // Whoever takes it upon themselves knows; nobody else was given anything.
    if (actor.kind === 'user' && actor.id === decision?.assigneeId) return null
    return question(happened, now, `${actor.name} gave this to you. `)
  },
  'decision.answered': (happened) => {
    const { decision } = happened
    if (!decision || text(happened, 'via') !== 'precedent') return null
    return {
      topic: 'precedent',
      urgency: 'whenever',
      title: `Answered by precedent: ${text(happened, 'label')}`,
      body: decision.question,
      linkLabel: 'See why, or undo it',
      thread: `decision:${decision.id}`,
    }
  },
  'webhook.disabled': (happened) => switchedOff('The webhook', happened),
  'slack.disabled': (happened) => switchedOff('Slack', happened),
  'task.failed': (happened) => ({
    topic: 'task_failed',
    urgency: 'today',
    title: `Task ${text(happened, 'ref')} failed: ${text(happened, 'title')}`,
    body: text(happened, 'reason'),
    linkLabel: 'Open the task',
    thread: `requirement:${happened.requirement?.id ?? happened.sequence}`,
  }),
  'requirement.closed': (happened) => {
    const ending = endings[text(happened, 'status')]
    if (!ending || !happened.requirement) return null
    const { proven, total } = happened.payload
    const counted = typeof proven === 'number' && typeof total === 'number' && total > 0
    return {
      topic: 'requirement_closed',
      urgency: text(happened, 'status') === 'done' ? 'whenever' : 'today',
      title: `${happened.requirement.title} ${ending}`,
      body: [counted ? `${proven} of ${total} statements are proven.` : '', text(happened, 'reason')]
        .filter((line) => line !== '')
        .join(' '),
      linkLabel: 'See the result',
      thread: `requirement:${happened.requirement.id}`,
    }
  },
  'signal.raised': (happened) => {
    const urgency = signalUrgency(happened)
    if (urgency === null) return null
    return {
      topic: 'signal',
      urgency,
      title: `${before(happened)}${text(happened, 'title')}`,
      body: text(happened, 'detail'),
      linkLabel: 'Open',
      thread: `signals:${happened.project?.id ?? 'organization'}`,
    }
  },
}

function question({ decision }: Happened, now: Date, before: string): Words | null {
  if (!decision) return null
  return {
    topic: decision.kind === 'budget_wall' ? 'budget' : 'decision_needed',
    urgency: urgencyOfDecision(decision, now),
    title: decision.question,
    body: `${before}${decision.why}`,
    linkLabel: 'Decide',
    thread: `decision:${decision.id}`,
  }
}

function switchedOff(what: string, happened: Happened): Words {
  return {
    topic: 'signal',
    urgency: 'today',
    title: `${what} ${text(happened, 'name')} was switched off`,
    body: text(happened, 'reason'),
    linkLabel: 'Open the integrations',
    thread: 'integrations',
  }
}

/** How long texts may be in a message; the page has all of it. */
const MOST_TITLE = 300
const MOST_BODY = 2_000
const cut = (value: string, most: number) => (value.length > most ? `${value.slice(0, most - 1)}…` : value)

/** What is told of an event, or null when it needs nobody. */
export function tellingOf(happened: Happened, now: Date): Telling | null {
  const teller = Object.hasOwn(tellers, happened.type) ? tellers[happened.type] : undefined
  const words = teller?.(happened, now)
  if (!words) return null
  const { project, requirement, task, decision } = happened
  const path = pathOf(happened)
  const title = cut(words.title, MOST_TITLE)
  const facts: [string, string][] = []
  if (project) facts.push(['Project', project.name])
  if (requirement) facts.push(['Requirement', `R${requirement.number} ${requirement.title}`])
  if (task && words.topic !== 'task_failed') facts.push(['Task', `${task.ref} ${task.title}`])
  if (decision && decision.blockedTasks > 0) facts.push(['Waiting', tasks(decision.blockedTasks)])
  return {
    message: {
      ...words,
      title,
      body: cut(words.body, MOST_BODY),
      facts,
      path,
      project: project?.name ?? '',
      scripted: project?.scripted ?? false,
      items: [],
      decision: decision ? askedOnly(decision) : null,
      outcome: null,
    },
    concern: {
      topic: words.topic,
      actorId: happened.actor.kind === 'user' ? happened.actor.id : null,
      assigneeId: decision?.assigneeId ?? null,
      answererIds: decision?.answererIds ?? [],
      answerRole: decision?.answerRole ?? 'member',
      submitterId: requirement?.submittedById ?? null,
    },
    item: { source: sourceOf(happened), title, path },
  }
}

/** What makes it the same thing when it is told again. Given to another person, a question is news for that person. */
function sourceOf({ type, sequence, decision }: Happened): string {
  if (!decision || !type.startsWith('decision.')) return `event:${sequence}`
  if (type === 'decision.delegated') return `decision:${decision.id}:${decision.assigneeId}`
  return type === 'decision.raised' ? `decision:${decision.id}` : `event:${sequence}`
}

const tasks = (count: number) => (count === 1 ? '1 task waits for the answer' : `${count} tasks wait for the answer`)

function askedOnly(decision: Asked & DecisionFacts): Asked {
  const { assigneeId: _, answererIds: __, answerRole: ___, blockedTasks: ____, ...asked } = decision
  return asked
}

/** How a decision stands: `by` says by what it was answered (page, link, slack, api, default, precedent). */
export interface Standing {
  status: string
  label: string | null
  answeredBy: string
  by: string
}

/** How a decision ended, for everybody who was told of it; null while it is open. */
export function outcomeOf({ status, label, answeredBy, by }: Standing): string | null {
  const chosen = label ? `: ${label}` : ''
  switch (status) {
    case 'open':
      return null
    case 'answered':
      if (by === 'default') return `Nobody answered in time, so the default was taken${chosen}`
      if (by === 'precedent') return `Answered by precedent${chosen}`
      return `${answeredBy} answered${chosen}`
    case 'expired':
      return 'It has expired: nobody answered in time'
    default:
      return 'No longer needed: what it was about has ended'
  }
}

/**
 * Whether an answer is told by e-mail to those who were asked by e-mail: only when no person gave it, because then
 * nobody in the team knows of it yet.
 */
export function followsUp({ status, via }: { status: string; via: string }): boolean {
  return status === 'answered' && (via === 'default' || via === 'precedent')
}

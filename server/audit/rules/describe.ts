import type { Actor } from '#server/auth/model'

/** What of an event is needed to tell it to people. */
export interface Told {
  type: string
  actor: Actor
  payload: unknown
  /** How people call the things the event is about, where they are known. */
  names?: { requirement?: string; task?: string; decision?: string }
}

/** A line of the activity feed: one sentence, and how it should look. */
export interface Sentence {
  text: string
  tone: 'neutral' | 'running' | 'good' | 'bad' | 'needs-you'
}

type Describe = (told: Told, payload: Record<string, unknown>) => Sentence

const who = (told: Told) =>
  told.actor.kind === 'system' ? 'Orchestrator' : told.actor.name || `An unnamed ${told.actor.kind}`
const requirement = (told: Told) => told.names?.requirement ?? 'a requirement'
const task = (told: Told) => told.names?.task ?? 'a task'

/** A text of the payload, or the fallback when the event has none. */
function text(payload: Record<string, unknown>, key: string, fallback = ''): string {
  const value = payload[key]
  return typeof value === 'string' && value.trim() ? value : typeof value === 'number' ? String(value) : fallback
}

/** ": because", or nothing when no reason was given. */
function because(payload: Record<string, unknown>, ...keys: string[]): string {
  const found = keys.map((key) => text(payload, key)).find((value) => value !== '')
  return found ? `: ${found}` : ''
}

const say = (tone: Sentence['tone'], sentence: string): Sentence => ({ tone, text: sentence })

/** Statuses of a closed requirement in words. */
const endings: Record<string, Sentence> = {
  done: { tone: 'good', text: 'is done' },
  partly_done: { tone: 'neutral', text: 'is partly done' },
  failed: { tone: 'bad', text: 'failed' },
  cancelled: { tone: 'neutral', text: 'was cancelled' },
}

const sentences: Record<string, Describe> = {
  'requirement.submitted': (told, payload) =>
    say('neutral', `${who(told)} submitted ${text(payload, 'title', requirement(told))}`),
  'requirement.cancelled': (told, payload) =>
    say('neutral', `${who(told)} cancelled ${requirement(told)}${because(payload, 'reason')}`),
  'requirement.closed': (told, payload) => {
    const ending = endings[text(payload, 'status')]
    const sentence = `${requirement(told)} ${ending?.text ?? 'has ended'}${because(payload, 'reason', 'statusReason')}`
    return say(ending?.tone ?? 'neutral', sentence)
  },
  'plan.proposed': (told, payload) =>
    say('neutral', `${who(told)} proposed plan ${text(payload, 'revision', 'for')} ${forRequirement(told, payload)}`),
  'plan.accepted': (told) => say('good', `The plan for ${requirement(told)} was accepted`),
  'task.started': (told, payload) => say('running', `${task(told)} went to ${text(payload, 'agent', 'an agent')}`),
  'task.sent-back': (told, payload) =>
    say('bad', `${task(told)} was sent back for another attempt${because(payload, 'reason', 'feedback')}`),
  'task.finished': (told) => say('good', `${task(told)} is done`),
  'task.failed': (told, payload) => say('bad', `${task(told)} failed${because(payload, 'reason', 'statusReason')}`),
  'run.queued': (told, payload) => say('neutral', `${purpose(payload)} queued for ${about(told)}`),
  'run.started': (told, payload) => say('running', `${purpose(payload)} started on ${about(told)}`),
  'run.asked': (told) => say('needs-you', `${about(told)} waits for an answer`),
  'run.finished': (told, payload) => say('neutral', `${purpose(payload)} finished on ${about(told)}`),
  'run.failed': (told, payload) =>
    say('bad', `${purpose(payload)} failed on ${about(told)}${because(payload, 'message', 'errorMessage', 'reason')}`),
  'run.signalled': (told, payload) => say('neutral', `${who(told)} noticed something${because(payload, 'title')}`),
  'proof.requested': (told) => say('running', `The checks of ${task(told)} started`),
  'proof.recorded': (told, payload) => outcome(payload, `The checks of ${task(told)}`),
  'verification.requested': (told) =>
    say('running', `Every check of ${requirement(told)} runs again on what was merged`),
  'verification.recorded': (told, payload) => outcome(payload, `The final checks of ${requirement(told)}`),
  'merge.queued': (told) => say('running', `${task(told)} waits to be merged`),
  'merge.ended': (told, payload) => {
    const status = text(payload, 'status')
    if (status === 'merged') return say('good', `${task(told)} was merged`)
    const words = status === 'conflict' ? 'conflicts with what was merged before' : 'could not be merged'
    return say('bad', `${task(told)} ${words}${because(payload, 'detail')}`)
  },
  'decision.raised': (_told, payload) => say('needs-you', `Needs you: ${text(payload, 'question', 'a decision')}`),
  'decision.answered': (told, payload) =>
    say(
      'good',
      `${who(told)} answered “${text(payload, 'label', text(payload, 'option', 'a decision'))}”${to(payload)}`,
    ),
  'decision.withdrawn': (_told, payload) =>
    say('neutral', `A decision is no longer needed${because(payload, 'question')}`),
  'signal.raised': (_told, payload) => say('neutral', `Signal${because(payload, 'title')}`),
  'organization.created': (told, payload) =>
    say('neutral', `${who(told)} created the organization ${text(payload, 'name')}`.trim()),
  'member.password-changed': (told) => say('neutral', `${who(told)} changed their password`),
  'member.signed-out-everywhere': (told) => say('neutral', `${who(told)} signed out everywhere`),
  'member.invited': (told, payload) =>
    say('neutral', `${who(told)} invited ${text(payload, 'email', 'somebody')} as ${text(payload, 'role', 'member')}`),
  'invite.revoked': (told, payload) =>
    say('neutral', `${who(told)} withdrew the invite for ${text(payload, 'email', 'somebody')}`),
  'member.joined': (told, payload) =>
    say('good', `${text(payload, 'name', who(told))} joined as ${text(payload, 'role', 'member')}`),
  'member.role-changed': (told, payload) =>
    say(
      'neutral',
      `${who(told)} changed the role of ${text(payload, 'name', 'a member')} from ${text(payload, 'from', 'one')} to ${text(payload, 'to', 'another')}`,
    ),
  'member.removed': (told, payload) =>
    say('neutral', `${who(told)} removed ${text(payload, 'name', 'a member')} from the organization`),
  'agent.created': (told, payload) => say('neutral', `${who(told)} added the agent ${text(payload, 'name')}`.trim()),
  'agent.changed': (told, payload) => say('neutral', `${who(told)} changed the agent ${text(payload, 'name')}`.trim()),
  'agent.enabled': (told, payload) => say('neutral', `${who(told)} enabled the agent ${text(payload, 'name')}`.trim()),
  'agent.disabled': (told, payload) =>
    say('neutral', `${who(told)} disabled the agent ${text(payload, 'name')}`.trim()),
  'credential.added': (told, payload) =>
    say('neutral', `${who(told)} added the provider key ${text(payload, 'name')}`.trim()),
  'credential.local-addresses-changed': (told, payload) =>
    say('neutral', `${who(told)} ${payload.allowed === true ? 'allowed' : 'stopped'} calls to servers on this machine`),
  'credential.revoked': (told, payload) =>
    say('neutral', `${who(told)} revoked the provider key ${text(payload, 'name')}`.trim()),
  'project.changed': (told, payload) =>
    say('neutral', `${who(told)} changed the settings of ${text(payload, 'name', 'the project')}`),
  'project.created': (told, payload) =>
    say('neutral', `${who(told)} created the project ${text(payload, 'name')}`.trim()),
  'api-token.created': (told, payload) =>
    say('neutral', `${who(told)} created the API token ${text(payload, 'name')}`.trim()),
  'api-token.revoked': (told, payload) =>
    say('neutral', `${who(told)} revoked the API token ${text(payload, 'name')}`.trim()),
}

function forRequirement(told: Told, payload: Record<string, unknown>): string {
  const tasks = payload.tasks
  const count = typeof tasks === 'number' ? tasks : Array.isArray(tasks) ? tasks.length : null
  const size = count === null ? '' : ` with ${count} ${count === 1 ? 'task' : 'tasks'}`
  return `${payload.revision === undefined ? '' : 'for '}${requirement(told)}${size}`
}

function about(told: Told): string {
  return told.names?.task ?? requirement(told)
}

const purposes: Record<string, string> = { plan: 'Planning', implement: 'Work', review: 'The review' }

function purpose(payload: Record<string, unknown>): string {
  return purposes[text(payload, 'purpose')] ?? 'A run'
}

function outcome(payload: Record<string, unknown>, what: string): Sentence {
  const { passed, failed } = payload
  if (typeof passed !== 'number' || typeof failed !== 'number') return say('neutral', `${what} were recorded`)
  if (failed > 0) return say('bad', `${what}: ${failed} of ${passed + failed} did not pass`)
  return say('good', `${what} passed (${passed})`)
}

function to(payload: Record<string, unknown>): string {
  const question = text(payload, 'question')
  return question ? ` to: ${question}` : ''
}

/**
 * Tells an event in one sentence. Total: a type nobody has written a sentence for yet is told by its own name
 * ("deploy.rolled-back" → "Ana: deploy rolled back"), never hidden and never an error.
 */
export function describeEvent(told: Told): Sentence {
  const payload = isRecord(told.payload) ? told.payload : {}
  const describe = Object.hasOwn(sentences, told.type) ? sentences[told.type] : undefined
  return (
    describe?.(told, payload) ??
    say('neutral', `${who(told)}: ${told.type.replaceAll(/[.\-_]+/g, ' ').trim() || 'something happened'}`)
  )
}

/** Event types that have a sentence of their own. */
export const describedTypes = Object.keys(sentences)

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

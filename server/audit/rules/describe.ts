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

/** What is told of a signal: new, back after it was closed, or worse than it was. */
function signalWord({ escalated, round }: Record<string, unknown>): string {
  if (escalated !== undefined) return 'A signal got worse'
  return typeof round === 'number' && round > 1 ? 'A signal is back' : 'Signal'
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
  'plan.revised': (told, payload) =>
    say('neutral', text(payload, 'summary', `${who(told)} changed the plan of ${requirement(told)}`)),
  'plan.settled': (_told, payload) => say('neutral', `Final now: ${text(payload, 'summary', 'a change of the plan')}`),
  'actor.overdue': (_told, payload) =>
    say(
      'bad',
      `${text(payload, 'ref', 'Something')} was overdue (${text(payload, 'reason')}) Orchestrator ${text(payload, 'done', 'looked')}`,
    ),
  'task.started': (told, payload) => say('running', `${task(told)} went to ${text(payload, 'agent', 'an agent')}`),
  'task.sent-back': (told, payload) =>
    say('bad', `${task(told)} was sent back for another attempt${because(payload, 'reason', 'feedback')}`),
  'task.finished': (told) => say('good', `${task(told)} is done`),
  'task.failed': (told, payload) => say('bad', `${task(told)} failed${because(payload, 'reason', 'statusReason')}`),
  'run.queued': (told, payload) => say('neutral', `${purpose(payload)} queued for ${about(told)}`),
  'run.started': (told, payload) => say('running', `${purpose(payload)} started on ${about(told)}`),
  'run.held': (told, payload) => say('neutral', `${about(told)} is held back${because(payload, 'reason')}`),
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
  'decision.predicted': (_told, payload) =>
    say('neutral', `Similar decisions ended with “${text(payload, 'label', 'one option')}”${to(payload)}`),
  'decision.undone': (told, payload) =>
    say('needs-you', `${who(told)} took back the answer “${text(payload, 'label', 'given')}”${to(payload)}`),
  'decision.delegated': (told, payload) =>
    say(
      'needs-you',
      `${who(told)} handed a decision to ${text(payload, 'toName', 'somebody')}${because(payload, 'question')}`,
    ),
  'decision.snoozed': (told, payload) =>
    say('neutral', `${who(told)} put off a decision${because(payload, 'question')}`),
  'decision.held': (told, payload) =>
    say('neutral', `${who(told)} ${payload.held === true ? 'stopped' : 'started'} the clock${to(payload)}`),
  'decision.expired': (_told, payload) => say('neutral', `Nobody answered in time${because(payload, 'question')}`),
  'decision.withdrawn': (_told, payload) =>
    say('neutral', `A decision is no longer needed${because(payload, 'question')}`),
  'precedent.changed': (told, payload) =>
    say(
      'neutral',
      `${who(told)} set precedents for ${text(payload, 'kind', 'a kind of question').replaceAll('_', ' ')} to ${text(payload, 'mode', 'another mode')}`,
    ),
  'precedent.demoted': (_told, payload) =>
    say(
      'bad',
      `Precedents no longer answer ${text(payload, 'kind', 'a kind of question').replaceAll('_', ' ')} by themselves${because(payload, 'reason')}`,
    ),
  'signal.raised': (_told, payload) => say('neutral', `${signalWord(payload)}${because(payload, 'title')}`),
  'signal.undecided': (_told, payload) =>
    say('neutral', `No rule knows this signal, so an agent is asked${because(payload, 'title')}`),
  'signal.repeated': (_told, payload) =>
    say(
      'neutral',
      `The same signal came again, ${text(payload, 'count', 'several')} times by now${because(payload, 'title')}`,
    ),
  'signal.acted': (_told, payload) => say('neutral', `A signal had an effect${because(payload, 'why', 'title')}`),
  'signal.corrected': (told, payload) =>
    say('neutral', `${who(told)} corrected what a signal was taken for${because(payload, 'title')}`),
  'signal.judged': (told, payload) =>
    say(
      'neutral',
      `${who(told)} found a signal judged ${payload.right === true ? 'right' : 'wrong'}${because(payload, 'title')}`,
    ),
  'signal.closed': (_told, payload) => say('good', `A signal is over${because(payload, 'title')}`),
  'signal.muted': (told, payload) => say('neutral', `${who(told)} muted such signals${because(payload, 'title')}`),
  'signal.unmuted': (told, payload) => say('neutral', `${who(told)} ended a mute${because(payload, 'title')}`),
  'signal-source.added': (told, payload) =>
    say('neutral', `${who(told)} added the signal source ${text(payload, 'label')}`.trim()),
  'signal-source.changed': (told, payload) =>
    say('neutral', `${who(told)} changed the signal source ${text(payload, 'label')}`.trim()),
  'signal-source.rotated': (told, payload) =>
    say('neutral', `${who(told)} gave the signal source ${text(payload, 'label')} a new address and secret`),
  'signal-policy.changed': (told) => say('neutral', `${who(told)} changed what signals may set in motion`),
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
  'notification.sent': (_told, payload) => say('neutral', `${peopleTold(payload)}${because(payload, 'title')}`),
  'notification.settled': (_told, payload) =>
    say('neutral', `Whoever was asked was told how it ended${because(payload, 'outcome')}`),
  'webhook.added': (told, payload) => say('neutral', `${who(told)} added the webhook ${text(payload, 'name')}`.trim()),
  'webhook.changed': (told, payload) =>
    say('neutral', `${who(told)} changed the webhook ${text(payload, 'name')}`.trim()),
  'webhook.secret-rotated': (told, payload) =>
    say('neutral', `${who(told)} gave the webhook ${text(payload, 'name', 'of a server')} a new secret`),
  'webhook.enabled': (told, payload) =>
    say('neutral', `${who(told)} switched the webhook ${text(payload, 'name', 'of a server')} on`),
  'webhook.disabled': (_told, payload) =>
    say('bad', `The webhook ${text(payload, 'name', 'of a server')} was switched off${because(payload, 'reason')}`),
  'webhook.redelivered': (told, payload) =>
    say(
      'neutral',
      `${who(told)} had ${text(payload, 'event', 'an event')} sent again to the webhook ${text(payload, 'name', 'of a server')}`,
    ),
  'webhook.removed': (told, payload) =>
    say('neutral', `${who(told)} removed the webhook ${text(payload, 'name')}`.trim()),
  'slack.connected': (told, payload) =>
    say('neutral', `${who(told)} connected Slack: ${text(payload, 'name', 'a channel')}`),
  'slack.disabled': (_told, payload) =>
    say('bad', `Slack (${text(payload, 'name', 'a channel')}) was switched off${because(payload, 'reason')}`),
  'slack.removed': (told, payload) =>
    say('neutral', `${who(told)} disconnected Slack: ${text(payload, 'name', 'a channel')}`),
  'slack.person-linked': (_told, payload) =>
    say('neutral', `${text(payload, 'name', 'A member')} is ${text(payload, 'slackUserId', 'somebody')} in Slack`),
  'slack.person-unlinked': (told, payload) =>
    say('neutral', `${who(told)} forgot which member ${text(payload, 'slackUserId', 'somebody')} in Slack is`),
  'credential.revoked': (told, payload) =>
    say('neutral', `${who(told)} revoked the provider key ${text(payload, 'name')}`.trim()),
  'provider-limit.changed': (told, payload) =>
    say('neutral', `${who(told)} changed the limits of the provider ${text(payload, 'provider')}`.trim()),
  'organization-limit.changed': (told) => say('neutral', `${who(told)} changed how many agents may be at work at once`),
  'budget.changed': (told, payload) =>
    say('neutral', `${who(told)} changed the budget of ${text(payload, 'name', 'something')}`),
  'price.changed': (told, payload) =>
    say('neutral', `${who(told)} set the price of ${text(payload, 'model', 'a model')}`),
  'price.removed': (told, payload) =>
    say('neutral', `${who(told)} removed the price of ${text(payload, 'model', 'a model')}`),
  'project-limit.changed': (told, payload) =>
    say(
      'neutral',
      `${who(told)} changed how many agents may be at work at once in ${text(payload, 'name', 'a project')}`,
    ),
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

const channelWords: Record<string, string> = { email: 'e-mail', slack: 'Slack', webhook: 'webhook' }

function peopleTold(payload: Record<string, unknown>): string {
  const { people, channels, kept } = payload
  const others = Array.isArray(channels) ? channels.filter((channel) => channel !== 'in-app') : []
  const by = others.length > 0 ? ` by ${others.map((channel) => channelWords[channel] ?? channel).join(' and ')}` : ''
  const unsent = Array.isArray(kept) && kept.includes('email') ? '; no e-mail went out, without a mail server' : ''
  if (typeof people !== 'number' || people === 0) return `Others were told${by}${unsent}`
  return `${people === 1 ? '1 person was' : `${people} people were`} told${by}${unsent}`
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

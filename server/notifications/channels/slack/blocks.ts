import type { ActionsBlock, Button, KnownBlock } from '@slack/types'
import type { Asked, Message } from '../../model'

/** Slack's own rule for text that is not ours: these three characters, nothing else. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Slack refuses messages with longer texts than these (Block Kit reference). */
const MOST = { header: 150, section: 3_000, button: 75, fields: 10, items: 20 } as const
/** So that four options fit into one section, escaped and marked. */
const MOST_LABEL = 150
const MOST_CONSEQUENCE = 500

// Half a character (a lone surrogate) at the end would make the whole message one that Slack refuses.
const cut = (text: string, most: number) =>
  text.length > most ? `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…` : text
/** Cutting after escaping could cut an entity in two. */
const safe = (text: string, most: number) => {
  const escaped = escapeText(text)
  return escaped.length <= most ? escaped : escapeText(cut(text, Math.floor(most / 5)))
}

export interface Drawing {
  baseUrl: string
  /** present when the message may have buttons that decide */
  integrationId: string | null
}

export interface Drawn {
  /** what notifications on a phone show, and what is read aloud */
  text: string
  blocks: KnownBlock[]
}

const section = (text: string): KnownBlock => ({ type: 'section', text: { type: 'mrkdwn', text } })

/** What a pressed button tells us; small, and it decides nothing by itself: the request is signed, the member mapped. */
function buttonValue(integrationId: string, decisionId: string, option: string): string {
  return JSON.stringify({ i: integrationId, d: decisionId, o: option })
}

function optionButton(decision: Asked, option: Asked['options'][number], integrationId: string): Button {
  const final = option.reversible === false
  return {
    type: 'button',
    action_id: `decide:${option.id}`.slice(0, 255),
    text: { type: 'plain_text', text: cut(option.label, MOST.button), emoji: false },
    value: buttonValue(integrationId, decision.id, option.id),
    ...(option.id === decision.recommended ? { style: 'primary' as const } : {}),
    ...(final
      ? {
          confirm: {
            title: { type: 'plain_text' as const, text: 'This cannot be undone' },
            text: { type: 'plain_text' as const, text: cut(option.consequence || option.label, 300) },
            confirm: { type: 'plain_text' as const, text: 'Choose it' },
            deny: { type: 'plain_text' as const, text: 'Back' },
          },
        }
      : {}),
  }
}

function decisionBlocks(message: Message): KnownBlock[] {
  const { decision } = message
  if (!decision || message.outcome) return []
  const options = decision.options.map((option) => {
    const marks = [
      option.id === decision.recommended && 'recommended',
      option.id === decision.defaultOption && 'default',
    ].filter(Boolean)
    const mark = marks.length > 0 ? ` _(${marks.join(', ')})_` : ''
    const consequence = option.consequence ? `: ${safe(option.consequence, MOST_CONSEQUENCE)}` : ''
    return `• *${safe(option.label, MOST_LABEL)}*${mark}${consequence}`
  })
  const byDefault = decision.options.find((option) => option.id === decision.defaultOption)
  const when = decision.deadline
    ? byDefault
      ? `Without an answer, “${escapeText(byDefault.label)}” is taken on ${decision.deadline.slice(0, 16).replace('T', ' ')} UTC.`
      : `Please answer before ${decision.deadline.slice(0, 16).replace('T', ' ')} UTC.`
    : ''
  return [section(options.join('\n')), ...(when ? [section(when)] : [])]
}

function actions(message: Message, drawing: Drawing): ActionsBlock {
  const { decision } = message
  const { integrationId } = drawing
  const buttons =
    decision && integrationId && !message.outcome
      ? decision.options.map((option) => optionButton(decision, option, integrationId))
      : []
  const open: Button = {
    type: 'button',
    action_id: 'open',
    text: { type: 'plain_text', text: cut(message.outcome ? 'Open' : message.linkLabel, MOST.button), emoji: false },
    url: `${drawing.baseUrl}${message.path}`,
  }
  return { type: 'actions', elements: [...buttons, open] }
}

/** As many whole lines as fit, the newest: half a link would be shown as its code. */
function linesWithin(lines: readonly string[], most: number): string {
  const kept = [...lines]
  while (kept.length > 1 && kept.join('\n').length > most) kept.shift()
  return kept.join('\n')
}

/** A message in Slack's Block Kit. */
export function drawBlocks(message: Message, drawing: Drawing): Drawn {
  const { baseUrl } = drawing
  const facts = message.facts
    .slice(0, MOST.fields)
    .map(([name, value]) => ({ type: 'mrkdwn' as const, text: `*${escapeText(name)}*\n${safe(value, 1_000)}` }))
  const items = message.items
    .slice(-MOST.items)
    .map((item) => `• <${baseUrl}${item.path}|${safe(item.title, 120).replaceAll('|', '¦')}>`)
  const notes = [message.scripted ? 'Made by the built-in scripted provider. No AI model was called.' : ''].filter(
    Boolean,
  )
  return {
    text: escapeText(message.outcome ? `${message.outcome} (${message.title})` : message.title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(message.title, MOST.header), emoji: false } },
      ...(message.outcome ? [section(`*${safe(message.outcome, MOST.section - 10)}*`)] : []),
      ...(message.body ? [section(safe(message.body, MOST.section))] : []),
      ...(items.length > 0 ? [section(linesWithin(items, MOST.section))] : []),
      ...decisionBlocks(message),
      ...(facts.length > 0 ? [{ type: 'section' as const, fields: facts }] : []),
      actions(message, drawing),
      ...(notes.length > 0
        ? [{ type: 'context' as const, elements: notes.map((text) => ({ type: 'mrkdwn' as const, text })) }]
        : []),
    ],
  }
}

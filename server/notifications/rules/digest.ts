import type { Item, Message } from '../model'

/** Several messages as one. The first in it is the most urgent, then the newest. */
export function digestOf(messages: readonly { message: Message; at: Date }[], name: string): Message {
  const rank = { now: 0, today: 1, whenever: 2 }
  const ordered = [...messages].sort(
    (a, b) => rank[a.message.urgency] - rank[b.message.urgency] || b.at.getTime() - a.at.getTime(),
  )
  const items: Item[] = ordered.map(({ message }, index) => ({
    source: String(index),
    title: message.outcome ? `${message.title} (${message.outcome})` : message.title,
    path: message.path,
  }))
  const questions = ordered.filter(({ message }) => message.decision && !message.outcome).length
  const first = ordered[0]?.message
  return {
    topic: first?.topic ?? 'decision_needed',
    urgency: first?.urgency ?? 'whenever',
    title: `${name}: ${count(items.length, 'message', 'messages')}${questions > 0 ? `, ${count(questions, 'decision', 'decisions')} to take` : ''}`,
    body: '',
    facts: [],
    path: questions > 0 ? '/decisions' : '/notifications',
    linkLabel: questions > 0 ? 'Open the decisions' : 'Open the notifications',
    project: '',
    scripted: ordered.some(({ message }) => message.scripted),
    items,
    decision: null,
    outcome: null,
    thread: 'digest',
  }
}

const count = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`

import type { Item, Message, Topic } from '../model'
import { isQuestion, MOST_ITEMS } from '../model'

/** Milliseconds in which things of the same kind join one message. */
export const BURST_WINDOW_MS = 10 * 60_000
/** Milliseconds a message of a topic that comes in bursts waits for company before it goes out. */
export const COMPANY_MS = 20_000
/** Messages by one channel to one person within the burst window; what is more waits and goes out as one. */
export const MOST_IN_WINDOW = 6

interface Grouped {
  topic: Topic
  requirementId: string | null
  projectId: string | null
  /** what the event is about, unique: nothing joins it */
  source: string
}

/** Decisions stand alone: each has its own question. The rest joins what is like it. */
export function groupKeyOf({ topic, requirementId, projectId, source }: Grouped): string {
  switch (topic) {
    case 'task_failed':
      return `task_failed:${requirementId ?? source}`
    case 'signal':
    case 'precedent':
      return `${topic}:${projectId ?? 'organization'}`
    default:
      return `${topic}:${source}`
  }
}

/** Whether a topic waits a moment, so that ten at once are one message from the start. */
export function waitsForCompany(topic: Topic): boolean {
  return !isQuestion(topic) && topic !== 'requirement_closed'
}

/** The items with one more, once, the newest last; of very many the newest stay. */
export function withItem(items: readonly Item[], item: Item): Item[] {
  if (items.some((one) => one.source === item.source)) return [...items]
  return [...items, item].slice(-MOST_ITEMS)
}

const plural: Partial<Record<Topic, string>> = {
  task_failed: 'tasks failed',
  signal: 'signals need attention',
  budget: 'budget warnings',
  precedent: 'decisions were taken by precedent',
  decision_needed: 'decisions are needed',
  requirement_closed: 'requirements have ended',
}

/** What a group is called that stands for `count` things. */
export function groupTitle(topic: Topic, count: number, single: string): string {
  return count <= 1 ? single : `${count} ${plural[topic] ?? 'messages'}`
}

/** A message that now stands for several things. */
export function grouped(message: Message, items: readonly Item[], count: number): Message {
  if (count <= 1) return message
  return {
    ...message,
    title: groupTitle(message.topic, count, message.title),
    body: count > items.length ? `The newest ${items.length} of ${count}:` : '',
    facts: message.facts.filter(([name]) => name === 'Requirement' || name === 'Project'),
    items: [...items],
  }
}

/**
 * How long one more message to the same person by the same channel waits: until the oldest of the last few leaves the
 * window. 0 while there are few.
 * @param sent times of what went out or is about to, in any order
 */
export function floodWaitMs(sent: readonly Date[], now: Date): number {
  const recent = sent
    .map((at) => at.getTime())
    .filter((at) => now.getTime() - at < BURST_WINDOW_MS)
    .sort((a, b) => b - a)
  const oldest = recent[MOST_IN_WINDOW - 1]
  return oldest === undefined ? 0 : Math.max(0, oldest + BURST_WINDOW_MS - now.getTime())
}

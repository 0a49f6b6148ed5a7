import type { Mapping, SignalKind, SourceKind } from './model'

export const natures = [
  'build',
  'check',
  'alert',
  'security',
  'advisory',
  'error',
  'issue',
  'comment',
  'change',
  'push',
  'notice',
  'release',
  'deployment',
  'discussion',
  'finding',
  'report',
  'work',
  'overdue',
  'budget',
  'health',
  'unknown',
] as const
/** What kind of thing was reported, in words that all sources share. */
export type Nature = (typeof natures)[number]

export const states = ['failed', 'passed', 'waiting', 'running', 'opened', 'changed', 'resolved'] as const
export type State = (typeof states)[number]

export const severities = ['critical', 'high', 'medium', 'low', 'none'] as const
export type Severity = (typeof severities)[number]

/** What the rules look at. Values from outside are cleaned and cut before they get here. */
export interface SignalFacts {
  nature: Nature
  state: State
  severity: Severity
  event: string
  action: string
  /** on the default branch, or in production */
  main: boolean
  /** called a bug, an idea or a question by whoever reported it */
  about: 'bug' | 'idea' | 'question' | ''
  branch: string
  commit: string
  paths: string[]
  /** the account over there that caused it */
  account: string
  /** said by the reporter, where the reporter may say it: our agents, a mapping */
  kind: SignalKind | ''
  /** grows from run to run of the same build, so that an older one is known as older; 0 when the tool does not say */
  order: number
}

/** Something noticed, before anybody judged it. */
export interface Candidate {
  /** what such signals have in common: mutes and lessons are about a topic */
  topic: string
  /** reported again with the same subject it is the same signal */
  subject: string
  title: string
  detail: string
  /** http or https, or empty */
  url: string
  /** what a burst has in common; empty joins no group but the source's own */
  groupKey: string
  facts: SignalFacts
}

export type Reading = { candidates: Candidate[] } | { ignored: string }

interface ReadingContext {
  /** the event as the request named it, empty when it did not */
  event: string
  mapping: Mapping
}

/** One thing that a scanner found; the same thing in another upload has the same key. */
export interface Finding {
  key: string
  ruleId: string
  level: 'error' | 'warning' | 'note'
  severity: Severity
  message: string
  path: string
  line: number | null
}

/** Everything that one tool of an upload finds now. */
export interface ToolFindings {
  tool: string
  findings: Finding[]
}

/** A tool that tells us things over HTTP. */
export interface Source {
  readonly kind: SourceKind
  readonly label: string
  /** bytes of a body, unpacked */
  readonly bodyLimit: number
  /** Whether whoever sent this knows the secret. Total: what it can't check is not proven. */
  proves(request: { headers: Headers; bytes: Uint8Array; secret: string }): Promise<boolean> | boolean
  /** The sender's own id of the delivery; null when there is none. */
  deliveryId(headers: Headers, body: unknown): string | null
  /** What the request says it is, for reading it later. */
  eventOf(headers: Headers, body: unknown): string
  /** What is in the payload. Total: a body of another shape is ignored with a reason, never an error. */
  read(body: unknown, context: ReadingContext): Reading
  /** Nothing of a body is needed to store it: a large one is parsed by whoever reads it, after the sender has its answer. */
  readonly parsedLater?: boolean
  /** Of scanners: everything they find now, to compare with the upload before. null when the body is none of theirs. */
  findings?(body: unknown): ToolFindings[] | null
}

import { z } from 'zod'
import { cleanText } from '#server/kernel/clean-text'
import type { Candidate, Severity, SignalFacts } from '../ports'

/** Characters that turn text around or hide in it: bidirectional controls, zero-width ones, the byte order mark. */
const HIDDEN = /[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g
/** What a terminal would take for a command: escape sequences with their parameters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g

/** Text from outside as it may be stored and shown: no control or hidden characters, at most `most` characters. */
export function plainText(value: unknown, most: number): string {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
  // Cut first: nothing is done with what is not kept.
  const cleaned = cleanText(text.slice(0, most * 4))
    .replace(ESCAPES, '')
    .replaceAll('\r\n', '\n')
    .replace(CONTROL, ' ')
    .replace(HIDDEN, '')
    .trim()
  return cleaned.length <= most ? cleaned : `${cleanText(cleaned.slice(0, most - 1))}…`
}

/** The same in one line. */
export function plainLine(value: unknown, most = 200): string {
  return plainText(plainText(value, most * 2).replace(/\s+/g, ' '), most)
}

/** An address that people may follow, or nothing: other schemes run things, user names lie about the host. */
export function safeUrl(value: unknown): string {
  if (typeof value !== 'string' || value.length > 2_000 || !URL.canParse(value)) return ''
  const url = new URL(value)
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username || url.password) return ''
  return cleanText(url.href)
}

/** An object read field by field: what is no object has no fields. */
export const record = z.record(z.string(), z.unknown()).catch({})

/** A value by names and indexes; nothing inherited is ever reached. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  let here = value
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = (here as Record<string | number, unknown>)[step]
  }
  return here
}

export function list(value: unknown, most = 100): unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : []
}

const severityWords: Record<Severity, readonly string[]> = {
  critical: ['critical', 'fatal', 'emergency', 'page', 'blocker', 'p0', 'p1', 'sev0', 'sev1', 'disaster', 'panic'],
  high: ['high', 'error', 'major', 'urgent', 'p2', 'sev2', 'alert', 'severe'],
  medium: ['medium', 'moderate', 'warning', 'warn', 'p3', 'sev3', 'average'],
  low: ['low', 'minor', 'note', 'notice', 'p4', 'sev4', 'style', 'trivial'],
  none: ['none', 'info', 'information', 'informational', 'debug', 'ok'],
}

/** The severity a tool's own word means; `fallback` for words nobody knows. */
export function severityOf(word: unknown, fallback: Severity = 'medium'): Severity {
  const said = plainLine(word, 40).toLowerCase()
  for (const [severity, words] of Object.entries(severityWords)) {
    if (words.includes(said)) return severity as Severity
  }
  return fallback
}

const aboutWords = [
  ['bug', /^(?:type: ?|kind\/)?(?:bug|defect|regression|crash|incident|security|vulnerability)\b/],
  ['question', /^(?:type: ?|kind\/)?(?:question|help wanted|support|q&a)\b/],
  ['idea', /^(?:type: ?|kind\/)?(?:idea|ideas|proposal|rfc|research)\b/],
] as const

/** What labels call a thing: the first that says so. */
export function aboutOf(labels: readonly unknown[]): SignalFacts['about'] {
  for (const label of labels) {
    const word = plainLine(typeof label === 'string' ? label : at(label, 'name'), 60).toLowerCase()
    const found = aboutWords.find(([, pattern]) => pattern.test(word))
    if (found) return found[0]
  }
  return ''
}

/** Labels such as "P0" or "severity: critical"; none when no label says how bad it is. */
export function severityOfLabels(labels: readonly unknown[]): Severity {
  for (const label of labels) {
    const word = plainLine(typeof label === 'string' ? label : at(label, 'name'), 60).toLowerCase()
    const found = severityOf(word.replace(/^(?:severity|priority|sev|prio)[:/ ]+/, ''), 'none')
    if (found === 'critical' || found === 'high') return found
  }
  return 'none'
}

export const noFacts: SignalFacts = {
  nature: 'unknown',
  state: 'changed',
  severity: 'none',
  event: '',
  action: '',
  main: false,
  about: '',
  branch: '',
  commit: '',
  paths: [],
  account: '',
  kind: '',
  order: 0,
}

/** A number that grows from run to run, or 0. */
export function orderOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}

const commitPattern = /^[0-9a-f]{7,64}$/i

/** A commit id, or nothing. */
export function commitOf(value: unknown): string {
  return typeof value === 'string' && commitPattern.test(value) ? value.toLowerCase() : ''
}

/** A branch's short name of `refs/heads/…` or of itself; nothing for tags. */
export function branchOf(value: unknown): string {
  const name = plainLine(value, 250)
  if (name.startsWith('refs/heads/')) return name.slice('refs/heads/'.length)
  return name.startsWith('refs/') ? '' : name
}

/** Whether it is the branch others build on. */
export function isMain(branch: string, defaultBranch: unknown): boolean {
  if (branch === '') return false
  const known = plainLine(defaultBranch, 250)
  return known ? branch === known : branch === 'main' || branch === 'master'
}

/** Paths inside a repository; addresses, absolute ones and ways out of it are dropped. */
export function repositoryPaths(values: readonly unknown[], most = 200): string[] {
  return values
    .flatMap((value) => {
      const path = plainLine(value, 400).replace(/^\.\//, '')
      const outside = /^[a-z][a-z0-9+.-]*:|^\/|\\/i.test(path) || path.split('/').includes('..')
      return path === '' || outside ? [] : [path]
    })
    .slice(0, most)
}

export const shortCommit = (commit: string): string => commit.slice(0, 7)

/** Cuts every text of a candidate to what a row takes; adapters need not think of it. */
export function bounded(candidate: Candidate): Candidate {
  const { facts } = candidate
  return {
    topic: plainLine(candidate.topic, 200),
    subject: plainLine(candidate.subject, 1_000),
    title: plainLine(candidate.title, 200) || 'Something was reported without a title',
    detail: plainText(candidate.detail, 4_000),
    url: safeUrl(candidate.url),
    groupKey: plainLine(candidate.groupKey, 200),
    facts: {
      ...facts,
      event: plainLine(facts.event, 80),
      action: plainLine(facts.action, 80),
      branch: plainLine(facts.branch, 250),
      account: plainLine(facts.account, 100),
      paths: facts.paths.slice(0, 50),
    },
  }
}

/** What a table says of a word from outside. Nothing inherited: "toString" is no word of ours. */
export function known<Value>(table: Readonly<Record<string, Value>>, word: unknown): Value | undefined {
  return typeof word === 'string' && Object.hasOwn(table, word) ? table[word] : undefined
}

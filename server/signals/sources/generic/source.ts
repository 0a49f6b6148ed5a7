import { presentedSecret, sameSecret } from '#server/platform/crypto/presented-secret'
import type { Mapping } from '../../model'
import type { Candidate, Source, State } from '../../ports'
import { at, list, noFacts, plainLine, plainText, safeUrl, severityOf } from '../../rules/reading'

/** What most tools call it, for payloads without a mapping. */
const usual = {
  title: ['title', 'summary', 'subject', 'name', 'message', 'text', 'event'],
  detail: ['detail', 'details', 'description', 'body', 'message', 'text'],
  url: ['url', 'html_url', 'link', 'web_url', 'href'],
  severity: ['severity', 'level', 'priority', 'urgency'],
  subject: ['subject', 'fingerprint', 'key', 'incident_id', 'id'],
  status: ['status', 'state'],
} as const

const over = new Set(['resolved', 'ok', 'closed', 'success', 'passed', 'fixed', 'up', 'recovered', 'normal', 'done'])
const broken = new Set(['failed', 'failure', 'error', 'firing', 'down', 'triggered', 'alerting', 'open', 'opened'])

function field(body: unknown, mapping: Mapping, name: keyof typeof usual): unknown {
  const path = mapping[name]
  if (path !== '') return at(body, ...path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step)))
  return usual[name].map((guess) => at(body, guess)).find((value) => ['string', 'number'].includes(typeof value))
}

/** Any JSON, by a mapping of paths; without one, by the names most tools use. */
export const generic: Source = {
  kind: 'generic',
  label: 'Generic JSON',
  bodyLimit: 2_000_000,
  proves: ({ headers, secret }) => sameSecret(presentedSecret(headers), secret),
  deliveryId: (headers) => headers.get('idempotency-key') ?? headers.get('webhook-id') ?? headers.get('x-request-id'),
  eventOf: (headers) => plainLine(headers.get('x-event'), 80),
  read(body, { mapping, event }) {
    if (typeof body !== 'object' || body === null) return { ignored: 'This is neither an object nor a list.' }
    const reports = Array.isArray(body) ? list(body) : [body]
    if (reports.length === 0) return { ignored: 'The list is empty.' }
    return { candidates: reports.map((of) => one(of, mapping, event)) }
  },
}

function one(of: unknown, mapping: Mapping, event: string): Candidate {
  const title = plainLine(field(of, mapping, 'title'), 160)
  const word = field(of, mapping, 'severity')
  const severity = word === undefined ? 'none' : severityOf(word)
  const status = plainLine(field(of, mapping, 'status'), 40).toLowerCase()
  const state: State = over.has(status) ? 'resolved' : broken.has(status) ? 'failed' : 'opened'
  const own = plainLine(field(of, mapping, 'subject'), 200)
  // Numbers in a title (times, counts) do not make another thing of it.
  const same = own || title.toLowerCase().replace(/\d+/g, '#')
  return {
    topic: `generic:${event || title.toLowerCase().replace(/\d+/g, '#').slice(0, 80)}`,
    subject: `generic:${same}`,
    title: title || 'JSON without a title',
    detail: plainText(field(of, mapping, 'detail'), 4_000),
    url: safeUrl(field(of, mapping, 'url')),
    groupKey: '',
    facts: {
      ...noFacts,
      // Only a mapping or a severity says what it is; else no rule decides.
      nature: mapping.kind !== '' ? 'report' : word !== undefined || state !== 'opened' ? 'alert' : 'unknown',
      state,
      severity,
      event,
      main: true,
      kind: mapping.kind,
    },
  }
}

import { presentedSecret, sameSecret } from '#server/platform/crypto/presented-secret'
import type { Nature, Source, State } from '../../ports'
import { at, branchOf, commitOf, known, noFacts, plainLine, plainText, safeUrl, severityOf } from '../../rules/reading'

/** dev.cdevents.<subject>.<predicate>.<version> */
const typePattern = /^dev\.cdevents\.([a-z]+)\.([a-z]+)\./i

const natureOf: Readonly<Record<string, Nature>> = {
  pipelinerun: 'build',
  build: 'build',
  taskrun: 'check',
  testcaserun: 'check',
  testsuiterun: 'check',
  change: 'change',
  repository: 'notice',
  branch: 'push',
  artifact: 'release',
  service: 'deployment',
  environment: 'notice',
  incident: 'alert',
  ticket: 'issue',
}

function stateOf(subject: string, predicate: string, outcome: string): State {
  if (['failure', 'fail', 'error'].includes(outcome)) return 'failed'
  if (['success', 'pass'].includes(outcome)) return 'passed'
  if (['resolved', 'closed', 'merged', 'abandoned'].includes(predicate)) return 'resolved'
  if (subject === 'incident' || (subject === 'ticket' && predicate === 'created')) return 'opened'
  if (subject === 'service') return ['deployed', 'published', 'upgraded'].includes(predicate) ? 'passed' : 'changed'
  if (predicate === 'rolledback') return 'failed'
  if (['queued', 'started'].includes(predicate)) return 'running'
  if (predicate === 'finished') return 'passed'
  return ['created', 'packaged', 'published'].includes(predicate) ? 'opened' : 'changed'
}

/** CDEvents over CloudEvents' HTTP binding: in structured mode the event is under `data`, in binary mode it is the body. */
export const cdevents: Source = {
  kind: 'cdevents',
  label: 'CDEvents',
  bodyLimit: 2_000_000,
  proves: ({ headers, secret }) => sameSecret(presentedSecret(headers), secret),
  deliveryId(headers, body) {
    const own = at(body, 'data', 'context', 'id') ?? at(body, 'context', 'id') ?? at(body, 'id')
    return headers.get('ce-id') ?? (plainLine(own, 200) || null)
  },
  eventOf: (headers, body) =>
    plainLine(
      at(body, 'data', 'context', 'type') ?? at(body, 'context', 'type') ?? at(body, 'type') ?? headers.get('ce-type'),
      120,
    ),
  read(body, { event }) {
    const of = at(body, 'data', 'context') === undefined ? body : at(body, 'data')
    const type = plainLine(at(of, 'context', 'type'), 120) || event
    const parts = typePattern.exec(type)
    if (!parts) return { ignored: `“${type || 'no type'}” is no type of CDEvents.` }
    const [, subject = '', predicate = ''] = parts.map((part) => part.toLowerCase())
    const content = at(of, 'subject', 'content')
    const id = plainLine(at(of, 'subject', 'id'), 160)
    const outcome = plainLine(at(content, 'outcome'), 40).toLowerCase()
    const state = subject === 'service' && predicate === 'rolledback' ? 'failed' : stateOf(subject, predicate, outcome)
    const name = plainLine(
      at(content, 'pipelineName') ??
        at(content, 'taskName') ??
        at(content, 'testCase', 'name') ??
        at(content, 'testSuite', 'name') ??
        at(content, 'name'),
      120,
    )
    const environment = plainLine(at(content, 'environment', 'id'), 80)
    const source = plainLine(at(of, 'context', 'source'), 200)
    const lasting = [
      'incident',
      'ticket',
      'pipelinerun',
      'build',
      'taskrun',
      'testcaserun',
      'testsuiterun',
      'service',
    ].includes(subject)
    return {
      candidates: [
        {
          topic: `cdevents:${subject}:${name || predicate}`,
          subject: `cdevents:${source}:${subject}:${['incident', 'ticket'].includes(subject) ? id : name || id}${lasting && state !== 'running' ? '' : `:${predicate}:${id}`}`,
          title: `${name || `${subject} ${id}`} ${outcome && predicate === 'finished' ? `finished: ${outcome}` : predicate}${environment ? ` in ${environment}` : ''}`,
          detail: plainText(
            [at(content, 'description'), at(content, 'errors'), at(content, 'reason')]
              .filter((text) => typeof text === 'string' && text !== '')
              .join('\n'),
            4_000,
          ),
          url:
            safeUrl(at(content, 'url')) ||
            safeUrl(at(content, 'uri')) ||
            safeUrl(at(content, 'viewUrl')) ||
            safeUrl(source),
          groupKey: '',
          facts: {
            ...noFacts,
            nature: known(natureOf, subject) ?? 'notice',
            state,
            severity:
              state === 'failed' || subject === 'incident'
                ? severityOf(at(content, 'severity') ?? at(content, 'priority'), 'high')
                : 'none',
            event: `${subject}.${predicate}`,
            action: outcome || predicate,
            main: environment === '' || /^prod/i.test(environment),
            branch: branchOf(at(content, 'branch')),
            commit: commitOf(at(content, 'commit') ?? at(content, 'revision')),
          },
        },
      ],
    }
  },
}

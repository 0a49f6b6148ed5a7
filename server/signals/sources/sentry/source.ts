import { hmacHex, sameSecret } from '#server/platform/crypto/presented-secret'
import type { Source, State } from '../../ports'
import {
  at,
  known,
  list,
  noFacts,
  plainLine,
  plainText,
  repositoryPaths,
  safeUrl,
  severityOf,
} from '../../rules/reading'

const states: Readonly<Record<string, State>> = {
  created: 'opened',
  triggered: 'opened',
  critical: 'opened',
  warning: 'opened',
  unresolved: 'opened',
  resolved: 'resolved',
  archived: 'resolved',
  ignored: 'resolved',
}

/** The files a stack trace names, innermost first. */
function pathsOf(event: unknown): string[] {
  const frames = list(at(event, 'exception', 'values'), 5).flatMap((value) =>
    list(at(value, 'stacktrace', 'frames'), 50),
  )
  const own = frames.filter((frame) => at(frame, 'in_app') !== false)
  return repositoryPaths(own.map((frame) => at(frame, 'filename')).reverse(), 20)
}

/** Sentry's integration platform webhooks, signed with the client secret. */
export const sentry: Source = {
  kind: 'sentry',
  label: 'Sentry',
  bodyLimit: 5_000_000,
  proves: ({ headers, bytes, secret }) =>
    secret !== '' && sameSecret(headers.get('sentry-hook-signature')?.toLowerCase() ?? null, hmacHex(secret, bytes)),
  deliveryId: (headers) => headers.get('request-id'),
  eventOf: (headers) => plainLine(headers.get('sentry-hook-resource'), 60),
  read(body, { event }) {
    const data = at(body, 'data')
    if (event === 'installation' || at(data, 'installation')) return { ignored: 'Sentry’s installation notice.' }
    const of = at(data, 'issue') ?? at(data, 'event') ?? at(data, 'error') ?? at(data, 'metric_alert')
    if (of === undefined) return { ignored: 'This names no issue, event or alert.' }
    const metric = at(data, 'metric_alert') !== undefined
    const action = plainLine(at(body, 'action'), 60)
    const issue = plainLine(at(of, 'issue_id') ?? at(of, 'id'), 60)
    const title = plainLine(at(of, 'title') ?? at(data, 'description_title') ?? at(of, 'message'), 160)
    const environment = plainLine(
      at(of, 'environment') ??
        list(at(of, 'tags'))
          .map((tag) => (at(tag, 0) === 'environment' ? at(tag, 1) : ''))
          .find(Boolean),
      60,
    )
    const level = metric ? action : (at(of, 'level') ?? 'error')
    return {
      candidates: [
        {
          topic: `sentry:${plainLine(at(of, 'metadata', 'type') ?? at(of, 'type'), 80) || 'issue'}:${plainLine(at(of, 'project', 'slug') ?? at(of, 'project'), 60)}`,
          subject: `sentry:${issue || title}`,
          title: title || 'An error without a title',
          detail: plainText(
            [at(of, 'culprit'), at(of, 'metadata', 'value'), at(data, 'description_text')]
              .filter((text) => typeof text === 'string' && text !== '')
              .join('\n'),
            4_000,
          ),
          url:
            safeUrl(at(of, 'web_url')) ||
            safeUrl(at(of, 'permalink')) ||
            safeUrl(at(data, 'web_url')) ||
            safeUrl(at(of, 'url')),
          groupKey: '',
          facts: {
            ...noFacts,
            nature: metric ? 'alert' : 'error',
            state: known(states, action) ?? 'changed',
            severity: severityOf(level, 'high'),
            event: event || 'issue',
            action,
            main: environment === '' || /^prod/i.test(environment),
            paths: pathsOf(of),
            account: plainLine(at(body, 'actor', 'name'), 100),
          },
        },
      ],
    }
  },
}

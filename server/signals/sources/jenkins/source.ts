import { presentedSecret, sameSecret } from '#server/platform/crypto/presented-secret'
import type { Source, State } from '../../ports'
import {
  at,
  branchOf,
  commitOf,
  isMain,
  known,
  list,
  noFacts,
  orderOf,
  plainLine,
  plainText,
  safeUrl,
} from '../../rules/reading'

const results: Readonly<Record<string, State>> = {
  SUCCESS: 'passed',
  FAILURE: 'failed',
  UNSTABLE: 'failed',
  ABORTED: 'changed',
  NOT_BUILT: 'changed',
}
const words: Readonly<Record<State, string>> = {
  failed: 'failed',
  passed: 'passed',
  changed: 'was stopped',
  running: 'is running',
  waiting: 'waits',
  opened: 'began',
  resolved: 'passed',
}

/** What the Notification plugin of Jenkins sends, in its JSON format. */
export const jenkins: Source = {
  kind: 'jenkins',
  label: 'Jenkins',
  bodyLimit: 2_000_000,
  proves: ({ headers, secret }) => sameSecret(presentedSecret(headers), secret),
  deliveryId: () => null,
  eventOf: (_headers, body) => plainLine(at(body, 'build', 'phase'), 40),
  read(body) {
    const build = at(body, 'build')
    if (typeof build !== 'object' || build === null) return { ignored: 'This names no build.' }
    const job = plainLine(at(body, 'display_name') ?? at(body, 'name'), 120) || 'Build'
    const number = plainLine(at(build, 'number'), 20)
    const status = plainLine(at(build, 'status'), 40).toUpperCase()
    const state = known(results, status) ?? 'running'
    const branch = branchOf(at(build, 'scm', 'branch')).replace(/^origin\//, '')
    const commit = commitOf(at(build, 'scm', 'commit'))
    const ends = state === 'failed' || state === 'passed'
    // A job without a branch of its own builds what everybody builds on.
    const main = branch === '' ? true : isMain(branch, '')
    return {
      candidates: [
        {
          topic: `jenkins:${job}:${state}`,
          subject: `jenkins:${job}:${branch}${ends ? '' : `:${number}:${plainLine(at(build, 'phase'), 40)}`}`,
          title: `${job} #${number} ${status === 'UNSTABLE' ? 'has failing tests' : words[state]}${branch ? ` on ${branch}` : ''}`,
          detail: [
            plainText(
              at(build, 'test_summary', 'failed')
                ? `Failed tests: ${plainLine(at(build, 'test_summary', 'failed'), 20)}`
                : '',
              200,
            ),
            ...list(at(build, 'scm', 'culprits'), 10).map((name) => `Changed by ${plainLine(name, 80)}`),
            plainText(at(build, 'log'), 3_000),
          ]
            .filter(Boolean)
            .join('\n'),
          url: safeUrl(at(build, 'full_url')) || safeUrl(at(body, 'url')),
          groupKey: state === 'failed' && commit ? `jenkins:${commit}` : '',
          facts: {
            ...noFacts,
            nature: 'build',
            state,
            severity: state === 'failed' ? 'high' : 'none',
            event: plainLine(at(build, 'phase'), 40),
            action: status,
            main,
            branch,
            commit,
            order: orderOf(at(build, 'timestamp')),
          },
        },
      ],
    }
  },
}

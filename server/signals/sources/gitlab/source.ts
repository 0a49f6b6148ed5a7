import { sameSecret } from '#server/platform/crypto/presented-secret'
import type { Candidate, Nature, SignalFacts, Source, State } from '../../ports'
import {
  aboutOf,
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
  repositoryPaths,
  safeUrl,
  severityOfLabels,
  shortCommit,
} from '../../rules/reading'

const states: Readonly<Record<string, State>> = {
  failed: 'failed',
  success: 'passed',
  manual: 'waiting',
  canceled: 'changed',
  skipped: 'changed',
  running: 'running',
  pending: 'running',
  created: 'running',
}
const words: Readonly<Record<State, string>> = {
  failed: 'failed',
  passed: 'passed',
  waiting: 'waits for somebody to start it',
  running: 'is running',
  opened: 'began',
  changed: 'was stopped',
  resolved: 'passed',
}

const project = (body: unknown) => plainLine(at(body, 'project', 'path_with_namespace'), 140)
const attributes = (body: unknown) => at(body, 'object_attributes')

interface Told {
  nature: Nature
  state: State
  kind: string
  key: string
  title: string
  detail?: unknown
  url?: unknown
  group?: string
  facts?: Partial<SignalFacts>
}

function told(body: unknown, given: Told): Candidate {
  return {
    topic: `gitlab:${given.kind}:${given.state}`,
    subject: `gitlab:${project(body)}:${given.kind}:${given.key}`,
    title: given.title,
    detail: plainText(given.detail, 4_000),
    url: safeUrl(given.url) || safeUrl(at(body, 'project', 'web_url')),
    groupKey: given.group ?? '',
    facts: {
      ...noFacts,
      nature: given.nature,
      state: given.state,
      event: given.kind,
      action: plainLine(at(attributes(body), 'action') ?? at(body, 'status'), 60),
      account: plainLine(at(body, 'user', 'username') ?? at(body, 'user_username'), 100),
      ...given.facts,
    },
  }
}

function built(body: unknown, kind: 'pipeline' | 'job' | 'deployment'): Candidate {
  const of = kind === 'pipeline' ? attributes(body) : body
  const status = plainLine(at(of, kind === 'job' ? 'build_status' : 'status'), 40)
  const state = known(states, status) ?? 'changed'
  const branch = branchOf(at(of, 'ref'))
  const commit = commitOf(at(of, 'sha') ?? at(body, 'commit', 'sha') ?? at(body, 'short_sha'))
  const environment = plainLine(at(body, 'environment'), 80)
  const name =
    kind === 'job'
      ? plainLine(at(body, 'build_name'), 100)
      : kind === 'deployment'
        ? `Deployment to ${environment || 'an environment'}`
        : plainLine(at(of, 'name'), 100) || 'Pipeline'
  const failed = list(at(body, 'builds')).filter(
    (build) => at(build, 'status') === 'failed' && at(build, 'allow_failure') !== true,
  )
  const ends = state === 'failed' || state === 'passed'
  const id = plainLine(at(of, 'id') ?? at(body, 'build_id') ?? at(body, 'deployment_id'), 30)
  const root = safeUrl(at(body, 'project', 'web_url') ?? at(body, 'repository', 'homepage'))
  const page = kind === 'pipeline' ? 'pipelines' : 'jobs'
  return told(body, {
    nature: kind === 'pipeline' ? 'build' : kind === 'job' ? 'check' : 'deployment',
    state,
    kind,
    key: `${name}:${branch}${ends ? '' : `:${id}:${status}`}`,
    title: `${name} ${words[state]}${branch ? ` on ${branch}` : ''}${commit ? ` at ${shortCommit(commit)}` : ''}`,
    detail: [
      failed.length > 0 ? `Failed jobs: ${failed.map((build) => plainLine(at(build, 'name'), 80)).join(', ')}` : '',
      plainLine(at(body, 'build_failure_reason'), 200),
      plainLine(at(body, 'commit', 'title') ?? at(body, 'commit', 'message'), 200),
    ]
      .filter(Boolean)
      .join('\n'),
    url: at(of, 'url') ?? at(body, 'deployable_url') ?? (root && id ? `${root}/-/${page}/${id}` : root),
    group: state === 'failed' && commit ? `gitlab:${project(body)}:${commit}` : '',
    facts: {
      severity: state === 'failed' ? 'high' : 'none',
      main: kind === 'deployment' ? /^prod/i.test(environment) : isMain(branch, at(body, 'project', 'default_branch')),
      branch,
      commit,
      order: orderOf(kind === 'job' ? at(body, 'pipeline_id') : at(of, kind === 'pipeline' ? 'id' : 'deployment_id')),
    },
  })
}

function issue(body: unknown): Candidate {
  const of = attributes(body)
  const number = plainLine(at(of, 'iid'), 20)
  const action = plainLine(at(of, 'action'), 40)
  const labels = list(at(body, 'labels')).map((label) => at(label, 'title'))
  const state: State = ['open', 'reopen'].includes(action) ? 'opened' : action === 'close' ? 'resolved' : 'changed'
  const incident = at(of, 'type') === 'Incident'
  return told(body, {
    // An incident that is edited does not begin once more.
    nature: incident && state !== 'changed' ? 'alert' : 'issue',
    state,
    kind: 'issue',
    key: state === 'changed' ? `${number}:${action}` : number,
    title: `${incident ? 'Incident' : 'Issue'} #${number} ${known({ open: 'opened', reopen: 'reopened', close: 'closed' }, action) ?? 'changed'}: ${plainLine(at(of, 'title'), 140)}`,
    detail: at(of, 'description'),
    url: at(of, 'url'),
    group: `gitlab:${project(body)}:issue:${number}`,
    facts: { about: aboutOf(labels), severity: incident ? 'high' : severityOfLabels(labels) },
  })
}

function mergeRequest(body: unknown): Candidate {
  const of = attributes(body)
  const number = plainLine(at(of, 'iid'), 20)
  const action = plainLine(at(of, 'action'), 40)
  const state: State = ['open', 'reopen'].includes(action)
    ? 'opened'
    : ['merge', 'close'].includes(action)
      ? 'resolved'
      : 'changed'
  return told(body, {
    nature: 'change',
    state,
    kind: 'merge_request',
    // Opened and merged are about the same thing: the end closes what was opened.
    key: state === 'changed' ? `${number}:${action || 'update'}` : number,
    title: `Merge request !${number} ${known({ open: 'opened', reopen: 'reopened', merge: 'merged', close: 'closed', approved: 'approved' }, action) ?? 'changed'}: ${plainLine(at(of, 'title'), 140)}`,
    detail: at(of, 'description'),
    url: at(of, 'url'),
    group: `gitlab:${project(body)}:change:${number}`,
    facts: { branch: branchOf(at(of, 'source_branch')), commit: commitOf(at(of, 'last_commit', 'id')) },
  })
}

function note(body: unknown): Candidate {
  const of = attributes(body)
  const on = plainLine(
    at(body, 'issue', 'title') ?? at(body, 'merge_request', 'title') ?? at(body, 'commit', 'message'),
    140,
  )
  return told(body, {
    nature: at(body, 'merge_request') ? 'change' : 'comment',
    state: 'changed',
    kind: 'note',
    key: plainLine(at(of, 'id'), 30),
    title: `Comment on ${plainLine(at(of, 'noteable_type'), 40) || 'something'}: ${on}`,
    detail: at(of, 'note'),
    url: at(of, 'url'),
    facts: { about: aboutOf(list(at(body, 'issue', 'labels')).map((label) => at(label, 'title'))) },
  })
}

function push(body: unknown): Candidate {
  const ref = plainLine(at(body, 'ref'), 250)
  const branch = branchOf(ref)
  const commit = commitOf(at(body, 'after'))
  const commits = list(at(body, 'commits'), 200)
  const root = safeUrl(at(body, 'project', 'web_url'))
  return told(body, {
    nature: 'push',
    state: 'changed',
    kind: 'push',
    key: `${ref}:${commit}`,
    title: /^0+$/.test(commit)
      ? `${branch || ref} was deleted`
      : `${commits.length} ${commits.length === 1 ? 'commit' : 'commits'} pushed to ${branch || ref.replace(/^refs\/tags\//, 'tag ')}`,
    detail: commits.map((entry) => plainLine(at(entry, 'title') ?? at(entry, 'message'), 200)).join('\n'),
    url: root && commit ? `${root}/-/commit/${commit}` : root,
    facts: {
      branch,
      commit: /^0+$/.test(commit) ? '' : commit,
      main: isMain(branch, at(body, 'project', 'default_branch')),
      paths: repositoryPaths(commits.flatMap((entry) => [...list(at(entry, 'added')), ...list(at(entry, 'modified'))])),
    },
  })
}

function release(body: unknown): Candidate {
  const tag = plainLine(at(body, 'tag'), 100)
  const action = plainLine(at(body, 'action'), 40)
  return told(body, {
    nature: 'release',
    state: action === 'create' ? 'opened' : 'changed',
    kind: 'release',
    key: `${tag}:${action}`,
    title: `Release ${plainLine(at(body, 'name'), 80) || tag} ${known({ create: 'created', update: 'edited', delete: 'deleted' }, action) ?? action}`,
    detail: at(body, 'description'),
    url: at(body, 'url'),
  })
}

const readers: Readonly<Record<string, (body: unknown) => Candidate>> = {
  pipeline: (body) => built(body, 'pipeline'),
  build: (body) => built(body, 'job'),
  deployment: (body) => built(body, 'deployment'),
  issue,
  work_item: issue,
  merge_request: mergeRequest,
  note,
  push,
  tag_push: push,
  release,
}

/** GitLab's project webhooks: each says what it is in `object_kind`, and carries the secret token in a header. */
export const gitlab: Source = {
  kind: 'gitlab',
  label: 'GitLab',
  bodyLimit: 5_000_000,
  proves: ({ headers, secret }) => sameSecret(headers.get('x-gitlab-token'), secret),
  deliveryId: (headers) => headers.get('idempotency-key') ?? headers.get('x-gitlab-event-uuid'),
  eventOf: (headers, body) => plainLine(at(body, 'object_kind') ?? headers.get('x-gitlab-event'), 80),
  read(body) {
    const kind = plainLine(at(body, 'object_kind'), 60)
    if (kind === '') return { ignored: 'This is no GitLab payload: it has no object_kind.' }
    const read = Object.hasOwn(readers, kind) ? readers[kind] : undefined
    if (read) return { candidates: [read(body)] }
    return {
      candidates: [
        told(body, {
          nature: 'notice',
          state: 'changed',
          kind,
          key: kind,
          title: `${kind.replaceAll('_', ' ')} in ${project(body) || 'GitLab'}`,
        }),
      ],
    }
  },
}

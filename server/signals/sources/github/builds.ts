import type { Candidate, SignalFacts, State } from '../../ports'
import {
  at,
  branchOf,
  commitOf,
  isMain,
  known,
  noFacts,
  orderOf,
  plainLine,
  plainText,
  safeUrl,
  shortCommit,
} from '../../rules/reading'

const endings: Readonly<Record<string, State>> = {
  success: 'passed',
  neutral: 'passed',
  // What did not run proves nothing: a failure before it is not over.
  skipped: 'changed',
  failure: 'failed',
  timed_out: 'failed',
  startup_failure: 'failed',
  error: 'failed',
  action_required: 'waiting',
  waiting: 'waiting',
  cancelled: 'changed',
  stale: 'changed',
  inactive: 'changed',
}

const words: Readonly<Record<State, string>> = {
  failed: 'failed',
  passed: 'passed',
  waiting: 'waits for approval',
  running: 'is running',
  opened: 'began',
  changed: 'was stopped',
  resolved: 'passed',
}

/** The state of a run by its conclusion, whatever its action says: a conclusion is the newer fact. */
function stateOf(conclusion: unknown, status: unknown): State {
  return known(endings, plainLine(conclusion, 40)) ?? known(endings, plainLine(status, 40)) ?? 'running'
}

const repository = (body: unknown) => plainLine(at(body, 'repository', 'full_name'), 140)
const account = (body: unknown) => plainLine(at(body, 'sender', 'login'), 100)

function where(branch: string, commit: string): string {
  return `${branch ? ` on ${branch}` : ''}${commit ? ` at ${shortCommit(commit)}` : ''}`
}

interface Built {
  nature: 'build' | 'check'
  event: string
  body: unknown
  /** the tool's own object */
  of: unknown
  name: string
  state: State
  branch: string
  commit: string
  url: unknown
  detail: string
  /** tells reports of one run apart from those of another when neither is a failure that may end */
  run: string
  /** grows with each run of the same thing */
  order?: unknown
}

function built(given: Built): Candidate {
  const { nature, event, body, of, name, state, branch, commit } = given
  const said = at(of, 'conclusion') === 'skipped' ? 'was skipped' : words[state]
  const facts: SignalFacts = {
    ...noFacts,
    nature,
    state,
    severity: state === 'failed' ? 'high' : 'none',
    event,
    action: plainLine(at(body, 'action'), 60),
    main: isMain(branch, at(body, 'repository', 'default_branch')),
    branch,
    commit,
    account: account(body),
    order: orderOf(given.order),
  }
  // Failures and the pass that ends them are about the same thing: this name on this branch.
  const ends = state === 'failed' || state === 'passed'
  return {
    topic: `github:${event}:${name}:${state}`,
    subject: `github:${repository(body)}:${event}:${name}:${branch}${ends ? '' : `:${state}:${given.run}`}`,
    title: `${name} ${said}${where(branch, commit)}`,
    detail: given.detail,
    url: safeUrl(given.url),
    groupKey: state === 'failed' && commit ? `github:${repository(body)}:${commit}` : '',
    facts,
  }
}

export function workflowRun(body: unknown): Candidate {
  const run = at(body, 'workflow_run')
  const workflow = plainLine(at(run, 'name') || at(body, 'workflow', 'name') || at(run, 'path'), 100) || 'Workflow'
  const branch = branchOf(at(run, 'head_branch'))
  return built({
    nature: 'build',
    event: 'workflow_run',
    body,
    of: run,
    name: workflow,
    state: stateOf(at(run, 'conclusion'), at(run, 'status')),
    branch,
    commit: commitOf(at(run, 'head_sha')),
    url: at(run, 'html_url'),
    detail: lines([
      ['Workflow', at(body, 'workflow', 'path') ?? at(run, 'path')],
      ['Change', at(run, 'display_title')],
      ['Run', at(run, 'run_number')],
      ['Attempt', at(run, 'run_attempt')],
      ['Started by', at(run, 'event')],
      ['Last commit', at(run, 'head_commit', 'message')],
    ]),
    run: plainLine(at(run, 'id'), 40),
    order: at(run, 'id'),
  })
}

export function workflowJob(body: unknown): Candidate {
  const job = at(body, 'workflow_job')
  const steps = at(job, 'steps')
  const failed = (Array.isArray(steps) ? steps : []).filter((step) => at(step, 'conclusion') === 'failure')
  return built({
    nature: 'check',
    event: 'workflow_job',
    body,
    of: job,
    name: plainLine(at(job, 'name'), 100) || 'Job',
    state: stateOf(at(job, 'conclusion'), at(job, 'status') === 'waiting' ? 'waiting' : ''),
    branch: branchOf(at(job, 'head_branch')),
    commit: commitOf(at(job, 'head_sha')),
    url: at(job, 'html_url'),
    detail: lines([
      ['Workflow', at(job, 'workflow_name')],
      ['Failed steps', failed.map((step) => plainLine(at(step, 'name'), 80)).join(', ')],
    ]),
    run: plainLine(at(job, 'id'), 40),
    order: at(job, 'run_id'),
  })
}

export function checkRun(body: unknown): Candidate {
  const run = at(body, 'check_run')
  const asked = at(body, 'action') === 'requested_action'
  const name = plainLine(at(run, 'name'), 100) || 'Check'
  const found = built({
    nature: 'check',
    event: 'check_run',
    body,
    of: run,
    name,
    state: asked ? 'waiting' : stateOf(at(run, 'conclusion'), at(run, 'status')),
    branch: branchOf(at(run, 'check_suite', 'head_branch')),
    commit: commitOf(at(run, 'head_sha')),
    url: at(run, 'html_url') ?? at(run, 'details_url'),
    detail: lines([
      ['', at(run, 'output', 'title')],
      ['', at(run, 'output', 'summary')],
    ]),
    run: plainLine(at(run, 'id'), 40),
  })
  if (!asked) return found
  const wanted = plainLine(at(body, 'requested_action', 'identifier'), 80)
  return { ...found, title: `${account(body) || 'Somebody'} asks ${name} for an action: ${wanted || 'not named'}` }
}

export function checkSuite(body: unknown): Candidate {
  const suite = at(body, 'check_suite')
  return built({
    nature: 'check',
    event: 'check_suite',
    body,
    of: suite,
    name: plainLine(at(suite, 'app', 'name'), 100) || 'Check suite',
    state: stateOf(at(suite, 'conclusion'), at(suite, 'status')),
    branch: branchOf(at(suite, 'head_branch')),
    commit: commitOf(at(suite, 'head_sha')),
    url: at(suite, 'html_url') ?? commitUrl(body, commitOf(at(suite, 'head_sha'))),
    detail: '',
    run: plainLine(at(suite, 'id'), 40),
  })
}

export function status(body: unknown): Candidate {
  const context = plainLine(at(body, 'context'), 100) || 'Status'
  const branches = at(body, 'branches')
  const onMain = (Array.isArray(branches) ? branches : [])
    .map((entry) => branchOf(at(entry, 'name')))
    .filter((name) => name !== '')
  const main = onMain.find((name) => isMain(name, at(body, 'repository', 'default_branch')))
  return built({
    nature: 'check',
    event: 'status',
    body,
    of: body,
    name: context === 'default' ? 'Commit status' : context,
    state: at(body, 'state') === 'pending' ? 'running' : stateOf(at(body, 'state'), ''),
    branch: main ?? onMain[0] ?? '',
    commit: commitOf(at(body, 'sha')),
    url: at(body, 'target_url') ?? at(body, 'commit', 'html_url'),
    detail: plainText(at(body, 'description'), 1_000),
    run: commitOf(at(body, 'sha')),
  })
}

export function deployment(body: unknown): Candidate {
  const of = at(body, 'deployment_status') ?? at(body, 'deployment')
  const environment = plainLine(at(of, 'environment') ?? at(body, 'deployment', 'environment'), 100) || 'an environment'
  const state = at(body, 'deployment_status') ? stateOf(at(of, 'state'), '') : 'running'
  const commit = commitOf(at(body, 'deployment', 'sha'))
  const event = at(body, 'deployment_status') ? 'deployment_status' : 'deployment'
  const run = at(body, 'workflow_run', 'html_url') ?? at(of, 'log_url') ?? at(of, 'target_url')
  return {
    topic: `github:deployment:${environment}:${state}`,
    subject: `github:${repository(body)}:deployment:${environment}${state === 'failed' || state === 'passed' ? '' : `:${commit}:${state}`}`,
    title: `Deployment to ${environment} ${words[state]}${where('', commit)}`,
    detail: lines([
      ['', at(of, 'description')],
      ['Ref', at(body, 'deployment', 'ref')],
    ]),
    url: safeUrl(run) || commitUrl(body, commit),
    groupKey: '',
    facts: {
      ...noFacts,
      nature: 'deployment',
      state,
      severity: state === 'failed' ? 'high' : 'none',
      event,
      action: plainLine(at(of, 'state'), 60),
      main: /^prod/i.test(environment) || at(body, 'deployment', 'production_environment') === true,
      branch: branchOf(at(body, 'deployment', 'ref')),
      commit,
      account: account(body),
    },
  }
}

function commitUrl(body: unknown, commit: string): string {
  const root = safeUrl(at(body, 'repository', 'html_url'))
  return root && commit ? `${root}/commit/${commit}` : root
}

/** "Name: value" for what is there. */
export function lines(pairs: readonly [name: string, value: unknown][]): string {
  return pairs
    .flatMap(([name, value]) => {
      const text = plainText(value, 1_500)
      return text === '' ? [] : [name ? `${name}: ${text}` : text]
    })
    .join('\n')
}

import { at } from '../../rules/reading'

/** Fields that only one event has, the most telling first. */
const telling: readonly [field: string, event: string][] = [
  ['workflow_run', 'workflow_run'],
  ['workflow_job', 'workflow_job'],
  ['check_run', 'check_run'],
  ['check_suite', 'check_suite'],
  ['deployment_status', 'deployment_status'],
  ['deployment', 'deployment'],
  ['security_advisory', 'security_advisory'],
  ['repository_advisory', 'repository_advisory'],
  ['merge_group', 'merge_group'],
  ['release', 'release'],
  ['zen', 'ping'],
]

/** The event of a payload that came without its header: by what only that event has. */
export function eventOfShape(body: unknown): string {
  const has = (field: string) => at(body, field) !== undefined && at(body, field) !== null
  for (const [field, event] of telling) if (has(field)) return event
  if (has('alert')) return eventOfAlert(body)
  if (has('discussion')) return has('comment') ? 'discussion_comment' : 'discussion'
  if (has('pull_request')) return eventOfChange(has)
  if (has('issue')) return has('comment') ? 'issue_comment' : 'issues'
  if (has('comment') && at(body, 'comment', 'commit_id') !== undefined) return 'commit_comment'
  if (has('ref') && has('before') && has('after')) return 'push'
  if (has('ref_type')) return has('master_branch') ? 'create' : 'delete'
  if (has('sha') && has('state')) return 'status'
  return ''
}

function eventOfAlert(body: unknown): string {
  if (at(body, 'alert', 'security_advisory') || at(body, 'alert', 'dependency')) return 'dependabot_alert'
  if (at(body, 'alert', 'secret_type')) return 'secret_scanning_alert'
  return at(body, 'alert', 'rule') ? 'code_scanning_alert' : 'repository_vulnerability_alert'
}

function eventOfChange(has: (field: string) => boolean): string {
  if (has('review')) return 'pull_request_review'
  if (has('thread')) return 'pull_request_review_thread'
  return has('comment') ? 'pull_request_review_comment' : 'pull_request'
}

import { verify } from '@octokit/webhooks-methods'
import type { Candidate, Source } from '../../ports'
import { at, plainLine } from '../../rules/reading'
import { checkRun, checkSuite, deployment, status, workflowJob, workflowRun } from './builds'
import { advisory, codeScanning, dependabot, secretScanning } from './security'
import { eventOfShape } from './shape'
import { discussion, issue, issueComment, notice, pullRequest, push, release, review } from './talk'

const readers: Readonly<Record<string, (body: unknown) => Candidate>> = {
  workflow_run: workflowRun,
  workflow_job: workflowJob,
  check_run: checkRun,
  check_suite: checkSuite,
  status,
  deployment,
  deployment_status: deployment,
  code_scanning_alert: codeScanning,
  dependabot_alert: dependabot,
  repository_vulnerability_alert: dependabot,
  secret_scanning_alert: secretScanning,
  security_advisory: advisory,
  repository_advisory: advisory,
  issues: issue,
  issue_comment: issueComment,
  pull_request: pullRequest,
  pull_request_review: review,
  pull_request_review_comment: review,
  discussion,
  discussion_comment: discussion,
  push,
  release,
}

/** GitHub's webhooks: "Validating webhook deliveries" and "Webhook events and payloads" in its documentation. */
export const github: Source = {
  kind: 'github',
  label: 'GitHub',
  bodyLimit: 5_000_000,
  async proves({ headers, bytes, secret }) {
    const signature = headers.get('x-hub-signature-256')
    // The library throws on an empty secret or signature instead of saying no.
    if (!secret || !signature) return false
    return verify(secret, Buffer.from(bytes).toString('utf8'), signature).catch(() => false)
  },
  deliveryId: (headers) => headers.get('x-github-delivery'),
  eventOf: (headers, body) => plainLine(headers.get('x-github-event'), 80) || eventOfShape(body),
  read(body, { event }) {
    const name = event || eventOfShape(body)
    if (name === 'ping') return { ignored: 'GitHub’s greeting: the webhook is connected.' }
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      return { ignored: 'This is no GitHub payload.' }
    if (name === '' && at(body, 'repository') === undefined && at(body, 'sender') === undefined) {
      return { ignored: 'This is no GitHub payload: it names neither an event nor a repository.' }
    }
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined
    return { candidates: [read ? read(body) : notice(name, body)] }
  },
}

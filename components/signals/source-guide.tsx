import { CodeBlock } from '#components/ui/code-block'
import type { SourceKind } from '#server/signals/model'

export const sourceNames: Record<SourceKind, string> = {
  github: 'GitHub',
  gitlab: 'GitLab',
  jenkins: 'Jenkins',
  alertmanager: 'Alertmanager',
  grafana: 'Grafana',
  sentry: 'Sentry',
  cdevents: 'CDEvents',
  generic: 'Generic JSON',
  sarif: 'SARIF upload',
}

/** What to enter where, in the words of each tool. */
const steps: Record<SourceKind, string[]> = {
  github: [
    'Repository (or organization) → Settings → Webhooks → Add webhook.',
    'Payload URL: the address. Content type: application/json. Secret: the secret. SSL verification on.',
    'Which events: “Send me everything”, or choose workflow runs, check runs, code scanning, Dependabot and secret scanning alerts, issues, pull requests, pushes, deployment statuses, releases.',
  ],
  gitlab: [
    'Project → Settings → Webhooks → Add new webhook.',
    'URL: the address. Secret token: the secret.',
    'Trigger: pipeline, job, deployment, issue, merge request, comment, push and release events.',
  ],
  jenkins: [
    'Install the Notification plugin. Job → Configure → Job Notifications → Add endpoint.',
    'Format: JSON. Protocol: HTTP. Event: Job Finalized.',
    'URL: the address with the secret as password, as shown below.',
  ],
  alertmanager: ['Put this receiver into alertmanager.yml and route alerts to it. send_resolved closes signals.'],
  grafana: [
    'Alerting → Contact points → Add contact point, integration Webhook.',
    'URL: the address. HTTP method: POST.',
    'Authorization header: scheme Bearer, credentials: the secret. Or HMAC signature: the secret.',
  ],
  sentry: [
    'Sentry makes the secret: Settings → Custom Integrations → Create new integration, internal; save it without an address.',
    'Copy its Client Secret and give it when you add this source; given later, by rotating, it comes with a new address.',
    'In the integration, Webhook URL: the address. Alert rule action on; webhooks: issue, error.',
  ],
  cdevents: ['Send CloudEvents over HTTP, structured or binary, with the secret as a bearer token.'],
  generic: [
    'Send any JSON with the secret as a bearer token. The mapping says where title, severity, status and the rest lie; without one, usual names are found.',
    'An idempotency-key header makes repeats harmless.',
  ],
  sarif: ['Upload SARIF 2.1.0 from the pipeline, packed or not. Each upload is compared with the one before.'],
}

/** The command or file of a tool, complete, with the address and the secret in it. */
function exampleOf(kind: SourceKind, url: string, secret: string): string | null {
  const curl = (file: string, more = '') =>
    `curl -sS '${url}' \\\n  -H 'authorization: Bearer ${secret}' \\\n  -H 'content-type: application/json' \\\n${more}  --data-binary @${file}`
  switch (kind) {
    case 'jenkins':
      return url.replace('://', `://jenkins:${encodeURIComponent(secret)}@`)
    case 'alertmanager':
      return `receivers:\n  - name: orchestrator\n    webhook_configs:\n      - url: '${url}'\n        send_resolved: true\n        http_config:\n          authorization:\n            type: Bearer\n            credentials: '${secret}'`
    case 'cdevents':
      return curl('event.json')
    case 'generic':
      return curl('event.json')
    case 'sarif':
      return `gzip -c results.sarif | ${curl('-', "  -H 'content-encoding: gzip' \\\n")}`
    default:
      return null
  }
}

/** How to set a tool up, step by step. */
export function SourceGuide({ kind, url, secret }: { kind: SourceKind; url: string; secret: string }) {
  const example = exampleOf(kind, url, secret)
  return (
    <div className="flex flex-col gap-3">
      <ol className="list-decimal space-y-1 pl-5 text-body">
        {steps[kind].map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {example && <CodeBlock text={example} label={`Settings for ${sourceNames[kind]}`} wrap />}
    </div>
  )
}

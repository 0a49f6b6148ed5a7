import { presentedSecret, sameSecret } from '#server/platform/crypto/presented-secret'
import type { Candidate, Source } from '../../ports'
import { at, list, noFacts, plainLine, plainText, record, safeUrl, severityOf } from '../../rules/reading'

function one(body: unknown, alert: unknown): Candidate {
  const labels = record.parse(at(alert, 'labels'))
  const annotations = record.parse(at(alert, 'annotations'))
  const name = plainLine(labels.alertname ?? at(body, 'commonLabels', 'alertname'), 120) || 'Alert'
  const resolved = (at(alert, 'status') ?? at(body, 'status')) === 'resolved'
  const place = plainLine(labels.instance ?? labels.host ?? labels.service ?? labels.job ?? labels.namespace, 120)
  const summary = plainLine(annotations.summary ?? at(body, 'commonAnnotations', 'summary'), 140)
  // Alertmanager names an alert by the labels it has; without that name, the labels are it.
  const own = plainLine(at(alert, 'fingerprint'), 60) || plainLine(JSON.stringify(labels), 200)
  const severity = severityOf(labels.severity ?? labels.priority ?? at(body, 'commonLabels', 'severity'))
  return {
    topic: `alertmanager:${name}`,
    subject: `alertmanager:${name}:${own}`,
    title: `${resolved ? 'Resolved: ' : ''}${summary || name}${place ? ` (${place})` : ''}`,
    detail: plainText(
      [
        annotations.description,
        ...Object.entries(labels)
          .slice(0, 30)
          .map(([key, value]) => `${plainLine(key, 60)}: ${plainLine(value, 200)}`),
        annotations.runbook_url ? `Runbook: ${plainLine(annotations.runbook_url, 300)}` : '',
      ]
        .filter((text) => typeof text === 'string' && text !== '')
        .join('\n'),
      4_000,
    ),
    url: safeUrl(at(alert, 'generatorURL')) || safeUrl(at(body, 'externalURL')),
    groupKey: `alertmanager:${name}`,
    facts: {
      ...noFacts,
      nature: 'alert',
      state: resolved ? 'resolved' : 'opened',
      severity,
      event: 'alert',
      action: resolved ? 'resolved' : 'firing',
      main: true,
    },
  }
}

/** Prometheus Alertmanager's webhook, payload version 4. */
export const alertmanager: Source = {
  kind: 'alertmanager',
  label: 'Alertmanager',
  bodyLimit: 5_000_000,
  proves: ({ headers, secret }) => sameSecret(presentedSecret(headers), secret),
  deliveryId: () => null,
  eventOf: (_headers, body) => plainLine(at(body, 'status'), 40),
  read(body) {
    const alerts = list(at(body, 'alerts'), 200)
    if (alerts.length === 0) return { ignored: 'There is no alert in it.' }
    return { candidates: alerts.map((alert) => one(body, alert)) }
  },
}

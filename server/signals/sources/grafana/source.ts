import { hmacHex, presentedSecret, sameSecret } from '#server/platform/crypto/presented-secret'
import type { Candidate, Source } from '../../ports'
import { at, list, noFacts, plainLine, plainText, record, safeUrl, severityOf } from '../../rules/reading'

function one(body: unknown, alert: unknown): Candidate {
  const labels = record.parse(at(alert, 'labels'))
  const name = plainLine(labels.alertname ?? at(body, 'title'), 120) || 'Alert'
  const resolved = (at(alert, 'status') ?? at(body, 'status')) === 'resolved'
  const summary = plainLine(at(alert, 'annotations', 'summary'), 140)
  const own = plainLine(at(alert, 'fingerprint'), 60) || plainLine(JSON.stringify(labels), 200)
  return {
    topic: `grafana:${name}`,
    subject: `grafana:${name}:${own}`,
    title: `${resolved ? 'Resolved: ' : ''}${summary && summary !== name ? `${name}: ${summary}` : name}`,
    detail: plainText(
      [
        at(alert, 'annotations', 'description'),
        at(alert, 'valueString') ?? at(body, 'message'),
        ...Object.entries(labels)
          .slice(0, 30)
          .map(([key, value]) => `${plainLine(key, 60)}: ${plainLine(value, 200)}`),
      ]
        .filter((text) => typeof text === 'string' && text !== '')
        .join('\n'),
      4_000,
    ),
    url:
      safeUrl(at(alert, 'panelURL')) ||
      safeUrl(at(alert, 'dashboardURL')) ||
      safeUrl(at(alert, 'generatorURL')) ||
      safeUrl(at(body, 'externalURL')),
    groupKey: `grafana:${name}`,
    facts: {
      ...noFacts,
      nature: 'alert',
      state: resolved ? 'resolved' : 'opened',
      severity: severityOf(labels.severity ?? labels.priority),
      event: 'alert',
      action: resolved ? 'resolved' : plainLine(at(body, 'state') ?? 'firing', 40),
      main: true,
    },
  }
}

/** Grafana's alerting webhook contact point; with or without its own signature. */
export const grafana: Source = {
  kind: 'grafana',
  label: 'Grafana',
  bodyLimit: 5_000_000,
  proves({ headers, bytes, secret }) {
    const signature = headers.get('x-grafana-alerting-signature')
    if (!signature) return sameSecret(presentedSecret(headers), secret)
    const stamp = headers.get('x-grafana-alerting-timestamp')
    const signed = stamp ? Buffer.concat([Buffer.from(`${stamp}:`), bytes]) : bytes
    return secret !== '' && sameSecret(signature.toLowerCase(), hmacHex(secret, signed))
  },
  deliveryId: () => null,
  eventOf: (_headers, body) => plainLine(at(body, 'status'), 40),
  read(body) {
    const alerts = list(at(body, 'alerts'), 200)
    if (alerts.length === 0) return { ignored: 'There is no alert in it.' }
    return { candidates: alerts.map((alert) => one(body, alert)) }
  },
}

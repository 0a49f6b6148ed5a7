import { presentedSecret, sameSecret } from '#server/platform/crypto/presented-secret'
import type { Source } from '../../ports'
import { compareFindings, findingCandidate, readSarif } from '../../rules/sarif'

/** Findings of scanners in SARIF 2.1.0 (OASIS). */
export const sarif: Source = {
  kind: 'sarif',
  label: 'SARIF upload',
  bodyLimit: 10_000_000,
  parsedLater: true,
  proves: ({ headers, secret }) => sameSecret(presentedSecret(headers), secret),
  deliveryId: (headers) => headers.get('idempotency-key'),
  eventOf: () => 'sarif',
  findings: readSarif,
  read(body) {
    const tools = readSarif(body)
    if (!tools)
      return {
        ignored:
          'This is no SARIF 2.1.0, or it is larger than 20 runs of 25 000 results, or has more than 50 000 different ones.',
      }
    // Without an upload before, everything is new; the detecting stage compares.
    return {
      candidates: tools.map(({ tool, findings }) => findingCandidate(tool, compareFindings(new Set(), findings))),
    }
  },
}

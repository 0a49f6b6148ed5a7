import { settleDecisions } from '#server/decisions/handlers'
import { forgetDeliveries, relayWebhooks, watchDeliveries } from '#server/notifications/handlers'
import { settleDueChanges } from '#server/planner/settle'
import type { Periodic } from '#server/platform/queue/periodic'
import { goOnWithSandbox } from '#server/proofs/mended'
import { settleReservations } from '#server/runs/handlers'
import { watch } from '#server/scheduler/watch'
import { signalWork } from '#server/signals/handlers'

/** What the workers do regularly, together: each turn is done by one of them. */
export const periodic: readonly Periodic[] = [
  { name: 'watch', everyMs: 10_000, run: watch },
  { name: 'decisions', everyMs: 1_000, run: settleDecisions },
  { name: 'go-on-with-sandbox', everyMs: 10_000, run: goOnWithSandbox },
  { name: 'settle-reservations', everyMs: 10_000, run: settleReservations },
  { name: 'settle-changes', everyMs: 1_000, run: settleDueChanges },
  { name: 'relay-webhooks', everyMs: 1_000, run: relayWebhooks },
  { name: 'watch-deliveries', everyMs: 5_000, run: watchDeliveries },
  { name: 'forget-deliveries', everyMs: 3600_000, run: forgetDeliveries },
  { name: 'watch-for-signals', everyMs: 60_000, run: signalWork.watch },
  { name: 'forget-payloads', everyMs: 3600_000, run: signalWork.forget },
]

import { database } from '#server/platform/database/client'
import { logger } from '#server/platform/logging/logger'
import { Listener } from '#server/platform/queue/listener'
import { type Lease, lostLease } from './lease'

/** Names runs whose row has changed; the workers that hold them look. A trigger on Run tells cancelled and paused ones. */
const RUNS_CHANNEL = 'orchestrator_runs'
/** Milliseconds between looks at every run of this process: only in case a notification was lost. */
const NET_MS = 5_000

/** A run of this process; without a lease while it is being claimed. */
interface Watched {
  runId: string
  holding: { lease: Lease; stop: AbortController } | null
  /** something was told of it before it was claimed */
  told: boolean
}

interface Watch {
  listener: Listener
  net: NodeJS.Timeout
}

const held = new Set<Watched>()
const slot = globalThis as { orchestratorRunWatch?: Watch }

/** The process's one ear for cancelled, paused and taken-over runs, however many it holds. */
function watch(): Watch {
  if (slot.orchestratorRunWatch) return slot.orchestratorRunWatch
  const listener = new Listener([RUNS_CHANNEL])
  listener.on('notification', (channel, runId) => {
    if (channel === RUNS_CHANNEL) void look((watched) => watched.runId === runId)
  })
  listener.on('up', () => void look(() => true))
  const made: Watch = { listener, net: setInterval(() => void look(() => true), NET_MS) }
  made.net.unref()
  listener.start().catch((error) => {
    logger().warn({ err: error }, 'runs can’t be listened to: changes are seen within 5 seconds')
  })
  slot.orchestratorRunWatch = made
  return made
}

/** Compares the rows with what this process believes, in one statement, and stops what it holds no longer. */
async function look(which: (watched: Watched) => boolean): Promise<void> {
  const looked = [...held].filter(which)
  for (const watched of looked) watched.told ||= watched.holding === null
  const claimed = looked.filter((watched) => watched.holding !== null)
  if (claimed.length === 0) return
  const rows = await database()
    .run.findMany({
      where: { id: { in: claimed.map((watched) => watched.runId) } },
      select: { id: true, lease: true, status: true },
    })
    .catch(() => null) // the database is away for a moment: the net or the next write decides
  if (rows === null) return
  for (const { runId, holding } of claimed) {
    const row = rows.find(({ id }) => id === runId)
    if (holding && (row?.lease !== holding.lease.number || row.status !== 'running')) {
      holding.stop.abort(lostLease(row?.status))
    }
  }
}

export interface RunWatch {
  /** From now on `stop` is aborted when the run is no longer this worker's: cancelled, paused or taken over. */
  hold(lease: Lease, stop: AbortController): void
  end(): void
}

/** Begins before the run is claimed, so that nothing that happens between claiming and watching is missed. */
export function watchRun(runId: string): RunWatch {
  const watched: Watched = { runId, holding: null, told: false }
  held.add(watched)
  watch()
  return {
    hold(lease, stop) {
      watched.holding = { lease, stop }
      if (watched.told) void look((other) => other === watched)
    },
    end: () => void held.delete(watched),
  }
}

/** Lets go of the connection; for a process that ends. */
export async function stopWatching(): Promise<void> {
  const present = slot.orchestratorRunWatch
  slot.orchestratorRunWatch = undefined
  if (!present) return
  clearInterval(present.net)
  await present.listener.stop()
}

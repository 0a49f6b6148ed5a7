import { messageOf } from '#server/kernel/app-error'
import { database } from '#server/platform/database/client'
import { logger } from '#server/platform/logging/logger'

/** Regular work that all workers share: each turn is done by one of them, whichever comes first. */
export interface Periodic {
  name: string
  everyMs: number
  run: () => Promise<unknown>
}

/**
 * Takes this turn for the calling process if the last one lies far enough back, by the database's clock. A worker that
 * dies in its turn costs one turn: the next one is due as if it had been done.
 */
export async function takeTurn(name: string, everyMs: number): Promise<boolean> {
  const seconds = everyMs / 1000
  const taken = await database().$executeRaw`
    insert into "Timer" (name, "ranAt") values (${name}, now())
    on conflict (name) do update set "ranAt" = now()
    where "Timer"."ranAt" <= now() - make_interval(secs => ${seconds}::double precision)`
  return taken > 0
}

/** Starts all of it; the answer stops it. A turn that fails is logged and comes again. */
export function startPeriodic(list: readonly Periodic[]): () => void {
  const timers = list.map(({ name, everyMs, run }) => {
    let busy = false
    const look = async (): Promise<void> => {
      if (busy) return
      busy = true
      try {
        if (await takeTurn(name, everyMs)) await run()
      } catch (error) {
        logger().warn({ err: error, periodic: name }, `${name} failed, trying again: ${messageOf(error)}`)
      } finally {
        busy = false
      }
    }
    void look()
    // Looks more often than it is due, so that a turn of a dead worker is not missed by a whole interval.
    return setInterval(() => void look(), Math.max(250, everyMs / 2))
  })
  return () => {
    for (const timer of timers) clearInterval(timer)
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { Marks } from './marks'

const LOOK_MS = 50
/** Before the process id of whoever is at it, or wants to be. */
const WANTS = 'wants-'
/** Within one process, by folder: marks only tell processes apart. */
const before = new Map<string, Promise<unknown>>()

export interface TurnOptions {
  /** Called once when somebody else is at it. */
  onWait?: (() => void) | undefined
  /** Gives up waiting. */
  signal?: AbortSignal | undefined
}

/**
 * Does the work while no other process does work in turn on the same folder of marks. Whoever is killed in its turn is
 * not waited for.
 */
export function inTurn<T>(folder: string, work: () => Promise<T>, options: TurnOptions = {}): Promise<T> {
  const mine = (before.get(folder) ?? Promise.resolve()).then(async () => {
    const marks = new Marks(folder)
    try {
      await untilAlone(marks, options)
      return await work()
    } finally {
      marks.remove(WANTS)
    }
  })
  before.set(
    folder,
    mine.catch(() => {}),
  )
  return mine
}

/**
 * Each says that it wants to before it looks, so of two that look at least one sees the other. Of those that see each
 * other all but the lowest number step back and say so later: the lowest then waits only for whoever is at it.
 */
async function untilAlone(marks: Marks, { onWait, signal }: TurnOptions): Promise<void> {
  for (let told = false; ; told = true) {
    signal?.throwIfAborted()
    marks.set(WANTS)
    const others = marks.of(WANTS).filter((pid) => pid !== process.pid)
    if (others.length === 0) return
    if (!told) onWait?.()
    if (others.some((pid) => pid < process.pid)) marks.remove(WANTS)
    await sleep(LOOK_MS)
  }
}

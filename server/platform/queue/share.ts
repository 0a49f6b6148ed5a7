/**
 * How the slots of a worker are shared between organizations. As long as only one has work it uses all of them. When
 * others have work too, each may take at most its cap, so that a few slots are always open to whoever has little, even
 * beside thousands of waiting jobs.
 */

/** Milliseconds for which an organization counts after its last job was seen. */
const REMEMBER_MS = 15 * 60_000
/** Milliseconds between two looks whether others wait behind the one that fills everything. */
const PROBE_MS = 500

/** The most slots one organization may have while others have work. */
export function capOf(slots: number): number {
  return Math.max(1, slots - Math.max(1, Math.floor(slots / 4)))
}

export interface FetchPlan {
  /** Jobs to ask for. */
  batch: number
  /** Organizations that have their share. */
  ignore: string[]
  /** True when only others are asked for, to learn whether there are any. */
  probe: boolean
}

/** Who has been seen, and what to fetch next. Times are milliseconds of one monotonic clock. */
export class Share {
  readonly #seen = new Map<string, number>()
  #probed = Number.NEGATIVE_INFINITY

  see(group: string, now: number): void {
    this.#seen.set(group, now)
  }

  /** True while more than one organization has had work lately. */
  isShared(now: number): boolean {
    for (const [group, at] of this.#seen) if (now - at > REMEMBER_MS) this.#seen.delete(group)
    return this.#seen.size > 1
  }

  /**
   * The next fetch for free slots, or null when there is none to make.
   * @param held slots that each organization has
   */
  plan(slots: number, held: ReadonlyMap<string, number>, now: number): FetchPlan | null {
    const free = slots - [...held.values()].reduce((sum, count) => sum + count, 0)
    if (free <= 0) return null
    const cap = capOf(slots)
    const full = [...held].filter(([, count]) => count >= cap).map(([group]) => group)
    if (this.isShared(now)) {
      const most = Math.max(0, ...[...held.values()].filter((count) => count < cap))
      return { batch: Math.min(free, cap - most), ignore: full, probe: false }
    }
    if (full.length > 0 && now - this.#probed >= PROBE_MS) {
      this.#probed = now
      return { batch: free, ignore: full, probe: true }
    }
    return { batch: free, ignore: [], probe: false }
  }
}

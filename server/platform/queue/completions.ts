import type { Lane } from '#server/kernel/job'
import { logger } from '#server/platform/logging/logger'
import type { Attempt } from './attempts'
import { queue } from './queue'

const PAUSE_MS = 500

/**
 * Completes jobs, all that ended while the last statement was under way in the next one. What the database does not
 * take stays open, is kept alive by the consumer's heartbeat, and is tried again: work that was done is not done twice
 * because of a restart of Postgres.
 */
export class Completions {
  readonly #waiting = new Map<Lane, Attempt[]>()
  #sending: Attempt[] = []
  #work: Promise<void> | undefined
  #stopped = false

  add(lane: Lane, attempts: readonly Attempt[]): void {
    this.#waiting.set(lane, [...(this.#waiting.get(lane) ?? []), ...attempts])
    this.#work ??= this.#send().finally(() => {
      this.#work = undefined
    })
  }

  /** Those that are not completed yet. */
  get open(): Attempt[] {
    return [...this.#sending, ...[...this.#waiting.values()].flat()]
  }

  async drained(): Promise<void> {
    await this.#work
  }

  /** From here on what the database does not take is left to the heartbeat limit: another worker does it again. */
  stop(): void {
    this.#stopped = true
  }

  async #send(): Promise<void> {
    for (;;) {
      const [next] = this.#waiting
      if (!next) return
      const [lane, attempts] = next
      this.#waiting.delete(lane)
      this.#sending = attempts
      try {
        const boss = await queue({ supervise: true })
        await boss.complete(lane, attempts)
      } catch (error) {
        if (this.#stopped) return
        logger().warn({ err: error, lane }, 'completing jobs failed, trying again')
        this.#waiting.set(lane, [...attempts, ...(this.#waiting.get(lane) ?? [])])
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      } finally {
        this.#sending = []
      }
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { Marks } from '#server/platform/process/marks'

/**
 * Which launchers use the embedded server of a folder: a mark of each. The last one to leave stops the server. Whoever is
 * gone without leaving does not count.
 */
export class Owners {
  readonly #marks: Marks

  constructor(folder: string) {
    this.#marks = new Marks(folder)
  }

  /**
   * Counts this process among those that use the server, and waits for whoever is stopping it just now.
   * @returns whether others use it too
   */
  async enter(): Promise<boolean> {
    this.#marks.set(USES)
    while (this.#marks.of(STOPPING).length > 0) await sleep(20)
    return this.#others()
  }

  /**
   * @returns whether it was the last one: then it stops the server, and calls `stopped`. Who enters meanwhile either is
   * seen here or waits there, because it enters before it looks, and this says that it stops before it looks.
   */
  leave(): boolean {
    this.#marks.set(STOPPING)
    this.#marks.remove(USES)
    if (!this.#others()) return true
    this.stopped()
    return false
  }

  stopped(): void {
    this.#marks.remove(STOPPING)
  }

  #others(): boolean {
    return this.#marks.of(USES).some((pid) => pid !== process.pid)
  }
}

const USES = ''
const STOPPING = 'stopping-'

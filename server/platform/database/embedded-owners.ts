import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, startOf } from '#server/platform/process/alive'

/**
 * Which launchers use the embedded server of a folder: a file for each, named after its process. The last one to leave
 * stops the server. Whoever is gone without leaving, killed or before a restart of the machine, does not count.
 */
export class Owners {
  readonly #folder: string
  readonly #self = String(process.pid)

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  /**
   * Counts this process among those that use the server, and waits for whoever is stopping it just now.
   * @returns whether others use it too
   */
  async enter(): Promise<boolean> {
    this.#write(this.#self)
    while (this.#present((name) => name.startsWith(STOPPING)).length > 0) await sleep(20)
    return this.#others()
  }

  /**
   * @returns whether it was the last one: then it stops the server, and calls `stopped`. Who enters meanwhile either is
   * seen here or waits there, because it enters before it looks, and this says that it stops before it looks.
   */
  leave(): boolean {
    this.#write(`${STOPPING}${this.#self}`)
    rmSync(path.join(this.#folder, this.#self), { force: true })
    if (!this.#others()) return true
    this.stopped()
    return false
  }

  stopped(): void {
    rmSync(path.join(this.#folder, `${STOPPING}${this.#self}`), { force: true })
  }

  #write(name: string): void {
    writeFileSync(path.join(this.#folder, name), startOf(process.pid))
  }

  #others(): boolean {
    return this.#present((name) => /^\d+$/.test(name) && name !== this.#self).length > 0
  }

  /** Files of processes that still run. One of the same number that was started at another time is somebody else. */
  #present(wanted: (name: string) => boolean): string[] {
    return readdirSync(this.#folder).filter((name) => {
      const pid = Number(/\d+$/.exec(name)?.[0])
      return wanted(name) && isAlive(pid) && this.#read(name) === startOf(pid)
    })
  }

  #read(name: string): string | null {
    try {
      return readFileSync(path.join(this.#folder, name), 'utf8')
    } catch {
      return null // left meanwhile
    }
  }
}

const STOPPING = 'stopping-'

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isAlive, startOf } from './alive'

/**
 * Files of a folder by which processes tell each other something: named after whoever wrote them, `<word><process id>`.
 * A process that is gone, killed or before a restart of the machine, tells nothing any more.
 */
export class Marks {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  /** Whole or not at all: a file that is there and empty would be nobody's. */
  set(word: string): void {
    const name = `${word}${process.pid}`
    const file = path.join(this.#folder, name)
    writeFileSync(path.join(this.#folder, `.${name}`), startOf(process.pid))
    renameSync(path.join(this.#folder, `.${name}`), file)
  }

  remove(word: string): void {
    rmSync(path.join(this.#folder, `${word}${process.pid}`), { force: true })
  }

  /** Ids of the running processes that say this. One of the same number that was started at another time is somebody else. */
  of(word: string): number[] {
    return readdirSync(this.#folder).flatMap((name) => {
      const pid = name.startsWith(word) ? Number(name.slice(word.length)) : Number.NaN
      if (!Number.isInteger(pid) || pid <= 0) return []
      return isAlive(pid) && this.#read(name) === startOf(pid) ? [pid] : []
    })
  }

  #read(name: string): string | null {
    try {
      return readFileSync(path.join(this.#folder, name), 'utf8')
    } catch {
      return null // removed meanwhile
    }
  }
}

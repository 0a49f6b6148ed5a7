/** A statement that was seen this often is worth keeping. */
const OFTEN = 3
/** Kept by each connection at most: a plan takes tens of kilobytes in Postgres. */
const MOST_NAMES = 300
/** Texts that are counted; lists of changing length make new texts without end. */
const MOST_COUNTED = 3_000

/**
 * Gives the statements that a process sends again and again a name, under which each connection parses and plans them
 * once. Planning is half of what Postgres does for the engine's larger reads. Only texts with parameters: the others
 * are commands such as BEGIN, or written for one time.
 */
export class StatementNames {
  readonly #names = new Map<string, string>()
  readonly #seen = new Map<string, number>()

  /** The name for a statement, or undefined while it is to be sent as it is. */
  of(text: string): string | undefined {
    const name = this.#names.get(text)
    if (name !== undefined || this.#names.size >= MOST_NAMES || !text.includes('$1')) return name
    const times = (this.#seen.get(text) ?? 0) + 1
    if (times < OFTEN) {
      if (this.#seen.size >= MOST_COUNTED) this.#seen.clear()
      this.#seen.set(text, times)
      return undefined
    }
    this.#seen.delete(text)
    const given = `s${this.#names.size + 1}`
    this.#names.set(text, given)
    return given
  }
}

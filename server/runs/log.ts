import { cleanText } from '#server/kernel/clean-text'
import { createStreamMask, type StreamMask } from '#server/platform/crypto/mask'
import { database } from '#server/platform/database/client'
import { LIVE_CHANNEL } from '#server/platform/events/log'
import { logger } from '#server/platform/logging/logger'
import { registeredSecrets } from '#server/platform/logging/redact'

export type LogKind = 'text' | 'thinking' | 'tool' | 'output' | 'notice' | 'error'

/** Milliseconds of text that one row gathers, and characters after which it is written at once. */
const FLUSH_MS = 120
const FLUSH_CHARACTERS = 4_000

/**
 * The live log of one run: small pieces are gathered into rows, masked, stored and announced. It is for people to
 * watch; what the run continues from is the journal, so a lost last row costs nothing.
 */
export class RunLog {
  readonly #runId: string
  readonly #organizationId: string
  #sequence: number
  #pending: { kind: LogKind; text: string; mask: StreamMask } | undefined
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(run: { id: string; organizationId: string }, lastSequence: number) {
    this.#runId = run.id
    this.#organizationId = run.organizationId
    this.#sequence = lastSequence
  }

  /** Opens the log where it ended. */
  static async open(run: { id: string; organizationId: string }): Promise<RunLog> {
    const last = await database().runLog.aggregate({ where: { runId: run.id }, _max: { sequence: true } })
    return new RunLog(run, last._max.sequence ?? 0)
  }

  write(kind: LogKind, text: string): void {
    if (text === '') return
    if (this.#pending && this.#pending.kind !== kind) this.#flush(true)
    this.#pending ??= { kind, text: '', mask: createStreamMask(registeredSecrets()) }
    this.#pending.text += this.#pending.mask.push(text)
    const whole = kind === 'notice' || kind === 'tool' || kind === 'error'
    if (whole || this.#pending.text.length > FLUSH_CHARACTERS) this.#flush(whole)
    else this.#timer ??= setTimeout(() => this.#flush(false), FLUSH_MS)
  }

  /** Writes what is pending and waits until everything is stored. */
  async close(): Promise<void> {
    this.#flush(true)
    await this.#writing
  }

  /** @param ended false keeps back what may be the beginning of a secret, until its rest has come */
  #flush(ended: boolean): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const piece = this.#pending
    if (!piece) return
    const text = ended ? piece.text + piece.mask.end() : piece.text
    if (ended) this.#pending = undefined
    else piece.text = ''
    if (text === '') return
    this.#sequence += 1
    const row = {
      runId: this.#runId,
      sequence: this.#sequence,
      kind: piece.kind,
      text: cleanText(text),
    }
    this.#writing = this.#writing
      .then(async () => {
        await database().runLog.create({ data: row })
        const nudge = JSON.stringify({ o: this.#organizationId, r: row.runId, l: row.sequence })
        await database().$executeRaw`select pg_notify(${LIVE_CHANNEL}, ${nudge})`
      })
      .catch((error) => logger().warn({ err: error, runId: row.runId }, 'a line of the live log was lost'))
  }
}

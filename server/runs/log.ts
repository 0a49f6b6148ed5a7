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
  readonly #lease: number
  #pending: { kind: LogKind; text: string; mask: StreamMask } | undefined
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  /** @param run with the lease it was taken under: who has lost it writes no more lines either */
  constructor(run: { id: string; organizationId: string; lease: number }) {
    this.#runId = run.id
    this.#organizationId = run.organizationId
    this.#lease = run.lease
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
    const { kind } = piece
    this.#writing = this.#writing
      .then(() => this.#store(kind, cleanText(text)))
      .catch((error) => logger().warn({ err: error, runId: this.#runId }, 'a line of the live log was lost'))
  }

  /**
   * Row and nudge in one statement, under the number after the last one there is. Whose run was cancelled may still say
   * so: nobody else writes for it.
   */
  async #store(kind: LogKind, text: string): Promise<void> {
    await database().$executeRaw`
      with stored as (
        insert into "RunLog" ("runId", sequence, kind, text)
        select id, (select coalesce(max(sequence), 0) + 1 from "RunLog" where "runId" = run.id), ${kind}, ${text}
        from "Run" as run where id = ${this.#runId}::uuid
          and (lease = ${this.#lease} or (status = 'cancelled' and lease = ${this.#lease} + 1))
        returning sequence
      )
      select pg_notify(${LIVE_CHANNEL},
        jsonb_build_object('o', ${this.#organizationId}::text, 'r', ${this.#runId}::text, 'l', sequence)::text)
      from stored`
  }
}

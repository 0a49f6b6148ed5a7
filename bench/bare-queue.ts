import pg from 'pg'
import { PgBoss } from 'pg-boss'

const QUEUE = 'bare'
const CHANNEL = 'bare_jobs'

export interface BareJob {
  number: number
}

/**
 * The peer: the same queue library on the same Postgres with nothing around it. One connection listens, one dispatcher
 * fetches a batch for its free slots, the handler runs, the job is completed.
 */
export class BareQueue {
  readonly pool: pg.Pool
  readonly #boss: PgBoss
  readonly #listener: pg.Client
  readonly #slots: number
  readonly #handle: (job: BareJob) => Promise<void>
  #busy = 0
  #fetching: Promise<void> | null = null
  #again = false
  #stopped = false

  constructor(url: string, slots: number, handle: (job: BareJob) => Promise<void>) {
    this.pool = new pg.Pool({ connectionString: url, max: 12 })
    this.#boss = new PgBoss({ connectionString: url, schema: 'bare', max: 4, schedule: false, registerInstance: false })
    this.#boss.on('error', (error) => process.stderr.write(`bare queue: ${error.message}\n`))
    this.#listener = new pg.Client({ connectionString: url })
    this.#slots = slots
    this.#handle = handle
  }

  async start(): Promise<void> {
    await this.#boss.start()
    await this.#boss.createQueue(QUEUE, { policy: 'standard', heartbeatSeconds: 10, retryLimit: 10 })
    await this.#listener.connect()
    this.#listener.on('notification', () => this.#fill())
    await this.#listener.query(`listen ${CHANNEL}`)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#listener.end()
    await this.#fetching
    await this.#boss.stop({ graceful: false })
    await this.pool.end()
  }

  /** Adds jobs in one transaction together with a statement of the caller's, as an outbox would. */
  async send(jobs: BareJob[], statement?: { text: string; values: unknown[] }): Promise<void> {
    const client = await this.pool.connect()
    try {
      await client.query('begin')
      if (statement) await client.query(statement)
      const db = { executeSql: (text: string, values?: unknown[]) => client.query(text, values) }
      for (const job of jobs) await this.#boss.send(QUEUE, job, { db })
      await client.query(`select pg_notify('${CHANNEL}', '')`)
      await client.query('commit')
    } finally {
      client.release()
    }
  }

  #fill(): void {
    if (this.#stopped) return
    if (this.#fetching) {
      this.#again = true
      return
    }
    this.#fetching = this.#fetch().finally(() => {
      this.#fetching = null
      if (!this.#again) return
      this.#again = false
      this.#fill()
    })
  }

  async #fetch(): Promise<void> {
    const free = this.#slots - this.#busy
    if (free <= 0) return
    const jobs = await this.#boss.fetch<BareJob>(QUEUE, { batchSize: free })
    this.#busy += jobs.length
    for (const { id, data } of jobs) {
      void this.#handle(data)
        .then(() => this.#boss.complete(QUEUE, id))
        .finally(() => {
          this.#busy -= 1
          this.#fill()
        })
    }
  }
}

/** Inserts one row on its own, as one step of a journal. */
export function journalRow(pool: pg.Pool, job: number, step: number): Promise<unknown> {
  return pool.query('insert into bare_journal (job, step, content) values ($1, $2, $3)', [job, step, { step }])
}

export async function createJournal(pool: pg.Pool): Promise<void> {
  await pool.query(`create table bare_journal (
    job integer not null, step integer not null, content jsonb not null, at timestamptz not null default now(),
    primary key (job, step))`)
}

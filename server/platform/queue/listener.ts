import { EventEmitter } from 'node:events'
import pg from 'pg'
import { connectionOptions } from '#server/platform/database/pool'
import { logger } from '#server/platform/logging/logger'

const RECONNECT_MS = 250
const MOST_RECONNECT_MS = 5_000
/** A connection of which only one half is left is silent and looks like a quiet one; so it is asked now and then. */
const PING_MS = 5_000
const PING_LIMIT_MS = 3_000

interface Settings {
  pingMs: number
  pingLimitMs: number
}

/**
 * One LISTEN connection of a process, fanned out in memory. A notification only says "look": whoever missed one while
 * the connection was down is told to look again by `up`.
 */
export class Listener extends EventEmitter<{ notification: [channel: string, payload: string]; up: [] }> {
  readonly #channels: readonly string[]
  readonly #settings: Settings
  #client: pg.Client | undefined
  #stopped = false
  #timer: NodeJS.Timeout | undefined

  constructor(channels: readonly string[], settings: Settings = { pingMs: PING_MS, pingLimitMs: PING_LIMIT_MS }) {
    super()
    this.setMaxListeners(0)
    this.#channels = channels
    this.#settings = settings
  }

  /** Resolves when it listens; until then it goes on trying, because a database may be late or restarting. */
  async start(): Promise<void> {
    for (let failures = 0; !this.#stopped; failures += 1) {
      const client = this.#makeClient()
      try {
        await client.connect()
        for (const channel of this.#channels) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
        if (this.#client !== client || this.#stopped) throw new Error('the connection was lost at once')
        this.#watch(client)
        this.emit('up')
        return
      } catch (error) {
        this.#client = undefined
        discard(client)
        if (failures === 3) logger().warn({ err: error }, 'no connection for notifications, trying on')
        const pause = Math.min(MOST_RECONNECT_MS, RECONNECT_MS * 2 ** failures)
        await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())))
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const client = this.#client
    this.#client = undefined
    if (client) discard(client)
  }

  #makeClient(): pg.Client {
    const client = new pg.Client({ ...connectionOptions(), application_name: `listener ${this.#channels[0]}` })
    client.on('notification', (message) => this.emit('notification', message.channel, message.payload ?? ''))
    client.on('error', () => this.#lost(client))
    client.on('end', () => this.#lost(client))
    this.#client = client
    return client
  }

  /** Asks the connection for a sign of life, again and again. */
  #watch(client: pg.Client): void {
    this.#timer = setTimeout(async () => {
      if (this.#client !== client || this.#stopped) return
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('no answer')), this.#settings.pingLimitMs)
      })
      try {
        await Promise.race([client.query('select 1'), late])
        this.#watch(client)
      } catch {
        this.#lost(client)
      } finally {
        clearTimeout(timer)
      }
    }, this.#settings.pingMs)
    this.#timer.unref()
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client || this.#stopped) return
    clearTimeout(this.#timer)
    const listened = this.#timer !== undefined
    this.#timer = undefined
    this.#client = undefined
    discard(client)
    if (!listened) return // `start` is still at it
    logger().info('the connection for notifications was lost and is replaced')
    void this.start()
  }
}

/** Without a farewell: the other side may not be there any more. */
function discard(client: pg.Client): void {
  client.on('error', () => {})
  const { stream } = (client as unknown as { connection: { stream: { destroy: () => void } } }).connection
  client.end().catch(() => {})
  setTimeout(() => stream.destroy(), 500).unref()
}

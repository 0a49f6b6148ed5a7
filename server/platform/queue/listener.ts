import { EventEmitter } from 'node:events'
import pg from 'pg'
import { databaseEnvironment } from '#server/platform/env/database'

const RECONNECT_MS = 500

/**
 * One LISTEN connection of a process, fanned out in memory. A notification only says "look": whoever missed one while
 * the connection was down is told to look again by `up`.
 */
export class Listener extends EventEmitter<{ notification: [channel: string, payload: string]; up: [] }> {
  readonly #channels: readonly string[]
  #client: pg.Client | undefined
  #stopped = false

  constructor(channels: readonly string[]) {
    super()
    this.setMaxListeners(0)
    this.#channels = channels
  }

  async start(): Promise<void> {
    const client = new pg.Client({
      connectionString: databaseEnvironment().DATABASE_URL,
      keepAlive: true,
      application_name: 'listener',
    })
    client.on('notification', (message) => this.emit('notification', message.channel, message.payload ?? ''))
    client.on('error', () => this.#lost(client))
    client.on('end', () => this.#lost(client))
    this.#client = client
    await client.connect()
    for (const channel of this.#channels) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
    this.emit('up')
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => {})
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client || this.#stopped) return
    this.#client = undefined
    client.end().catch(() => {})
    const again = (): void => {
      if (this.#stopped) return
      this.start().catch(() => setTimeout(again, RECONNECT_MS))
    }
    setTimeout(again, RECONNECT_MS)
  }
}

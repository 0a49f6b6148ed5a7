import { AsyncLocalStorage } from 'node:async_hooks'
import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'

/** The connection on which a transaction of Prisma's runs, for as long as it runs. */
export interface Held {
  /** null once it has ended; undefined as long as nobody has told, and then Prisma alone knows it */
  connection: pg.PoolClient | null | undefined
}

const slot = globalThis as { orchestratorBeginning?: AsyncLocalStorage<Held> }
// One for the process, as its Prisma client is: Next's bundles hold several copies of this file.
slot.orchestratorBeginning ??= new AsyncLocalStorage<Held>()
const beginning = slot.orchestratorBeginning

/** Runs `work`, which begins a transaction, and notes in `held` on which connection it runs. */
export function holding<T>(held: Held, work: () => Promise<T>): Promise<T> {
  return beginning.run(held, work)
}

/**
 * Prisma's adapter, which tells on which connection a transaction runs. It is forgotten before the transaction ends,
 * whoever ends it: the next one on this connection is somebody else's.
 */
export class TellingAdapter extends PrismaPg {
  override async connect() {
    const adapter = await super.connect()
    const start = adapter.startTransaction.bind(adapter)
    adapter.startTransaction = async (level) => {
      const begun = await start(level)
      const held = beginning.getStore()
      if (!held) return begun
      held.connection = (begun as unknown as { client: pg.PoolClient }).client
      const execute = begun.executeRaw.bind(begun)
      begun.executeRaw = (query) => {
        if (/^(COMMIT|ROLLBACK)$/.test(query.sql)) held.connection = null
        return execute(query)
      }
      return begun
    }
    return adapter
  }
}

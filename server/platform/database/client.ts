import { TellingAdapter } from './connection'
import { PrismaClient } from './generated/client'
import { closePool, pool } from './pool'

const slot = globalThis as { orchestratorDatabase?: PrismaClient }

/** The process's one Prisma client, made on first use so that tests can point DATABASE_URL elsewhere before. */
export function database(): PrismaClient {
  slot.orchestratorDatabase ??= new PrismaClient({
    adapter: new TellingAdapter(pool()),
  })
  return slot.orchestratorDatabase
}

/** Closes the pool; the next `database()` opens a new one. */
export async function closeDatabase(): Promise<void> {
  const client = slot.orchestratorDatabase
  slot.orchestratorDatabase = undefined
  await client?.$disconnect()
  await closePool()
}

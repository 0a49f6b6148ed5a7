import { availableParallelism } from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'

// Vitest prints failures with Map.groupBy, which Node has from 21 on; on Node 20 it would lose every error message.
Map.groupBy ??= function groupBy<Key, Item>(items: Iterable<Item>, keyOf: (item: Item, index: number) => Key) {
  const groups = new Map<Key, Item[]>()
  let index = 0
  for (const item of items) {
    const key = keyOf(item, index++)
    groups.set(key, [...(groups.get(key) ?? []), item])
  }
  return groups
}

const root = import.meta.dirname
/** `server-only` throws outside Next's server bundle; its empty twin is what Next itself uses there. */
const alias = { 'server-only': path.join(root, 'node_modules/server-only/empty.js') }
const HOUSE = 'server/house.test.ts'
const everywhere = ['**/node_modules/**', '.next/**', '.data/**', 'e2e/**']
const shared = { environment: 'node' as const, testTimeout: 30_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    // Tests of the database mostly wait: two at once also on a machine of two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        resolve: { alias },
        test: {
          ...shared,
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...everywhere, '**/*.db.test.ts', '**/*.contract.test.ts', HOUSE],
        },
      },
      { test: { ...shared, name: 'house', include: [HOUSE] } },
      {
        resolve: { alias },
        test: {
          ...shared,
          name: 'database',
          include: ['**/*.db.test.ts'],
          exclude: everywhere,
          globalSetup: ['server/platform/database/testing-server.ts'],
          setupFiles: ['server/platform/database/testing.ts'],
          pool: 'forks', // each file has its own environment and with it its own database
        },
      },
      {
        resolve: { alias },
        test: { ...shared, name: 'contract', include: ['**/*.contract.test.ts'], exclude: everywhere },
      },
    ],
  },
})

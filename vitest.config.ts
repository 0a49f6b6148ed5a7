import { availableParallelism } from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

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
const shared = {
  environment: 'node' as const,
  // Each file has a process, and with it an environment and a database of its own. Threads would start sooner, but
  // Node 20 never ends one that has reset a socket.
  pool: 'forks' as const,
  // The limits only end what hangs: how fast something is, a test says where it matters.
  testTimeout: 300_000,
  hookTimeout: 300_000,
}

/** Files that take longest, also where no earlier run has told: whole engines, and the many histories of the model. */
const LONG = ['server/worker/', 'server/scheduler/testing/', 'server/scripted/packs/']

/** The longest first: one that begins last would keep one worker busy while the other has nothing left. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isShort = ({ moduleId }: TestSpecification) => !LONG.some((folder) => moduleId.includes(folder))
    return (await super.sort(files)).sort((a, b) => Number(isShort(a)) - Number(isShort(b)))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
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
        },
      },
      {
        resolve: { alias },
        test: { ...shared, name: 'contract', include: ['**/*.contract.test.ts'], exclude: everywhere },
      },
    ],
  },
})

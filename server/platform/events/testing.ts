import { randomUUID } from 'node:crypto'
import type { Scope } from '#server/auth/model'

/** An organization nobody has heard of, for tests of the platform, which prove no membership. */
export function testScope(): Scope {
  return { organizationId: randomUUID(), actor: { kind: 'system', id: 'test', name: 'Test' } } as unknown as Scope
}

import { expect, test, vi } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { registerSecret } from '#server/platform/logging/redact'
import { reviewAssignment } from './assignment'
import { DIFF_PLACE } from './commands'

const KEY = 'sk-proj-0123456789abcdefghijklmnop'
vi.mock('#server/workspaces/git', () => ({ diffText: async () => `+const key = '${KEY}' // postgres` }))

test('a key that an agent has committed is not sent to the reviewer', async () => {
  registerSecret(KEY)
  registerSecret('postgres')
  const { prepare } = reviewAssignment()
  const prompt = { system: '', user: `Review.\n${DIFF_PLACE}`, facts: { base: 'a', commit: 'b' } }
  type Run = Parameters<NonNullable<typeof prepare>>[1]['run']
  const prepared = await prepare?.(prompt, { scope: systemScope('o'), run: { projectId: 'p' } as Run })
  expect(prepared?.user).toContain("+const key = '***' // postgres")
})

import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseEnvironment } from './read'

const schema = z.object({
  PORT: z.coerce.number().int().max(65_535).default(3000).describe('set it to a port number'),
  DATABASE_URL: z.url().describe('set it to a Postgres address'),
})
const URL_OF_DATABASE = 'postgresql://localhost/x'

describe('the environment', () => {
  it('fills defaults and treats an empty variable as not set', () => {
    expect(parseEnvironment(schema, { PORT: '', DATABASE_URL: URL_OF_DATABASE })).toEqual({
      PORT: 3000,
      DATABASE_URL: URL_OF_DATABASE,
    })
  })

  it('says in one sentence each which variable is wrong and what to set, never its value', () => {
    const attempt = () => parseEnvironment(schema, { PORT: '99999-secret' })
    expect(attempt).toThrow(
      'PORT is not usable: set it to a port number. DATABASE_URL is not set: set it to a Postgres address.',
    )
    expect(attempt).not.toThrow(/99999/)
  })
})

describe('the key fragment', () => {
  it.each([
    ['missing', undefined],
    ['short', Buffer.from('short').toString('base64')],
    ['a placeholder', Buffer.alloc(32).toString('base64')],
  ])('refuses a key that is %s, naming it', async (_name, value) => {
    const { setEnvironmentVariable } = await import('./inherited')
    setEnvironmentVariable('ORCHESTRATOR_KEY', value)
    const { keysEnvironment } = await import('./keys')
    expect(() => keysEnvironment()).toThrow(/^ORCHESTRATOR_KEY .*32 random bytes/)
  })
})

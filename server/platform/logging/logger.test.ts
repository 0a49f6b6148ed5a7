import { describe, expect, it } from 'vitest'
import { createLogger } from './logger'
import { registerSecret } from './redact'

function capture() {
  const lines: string[] = []
  const log = createLogger({ write: (line: string) => void lines.push(line) })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') }
}

describe('the logger', () => {
  it('writes the field names of the Elastic Common Schema', () => {
    const { log, last } = capture()
    log.info({ runId: 'run-1' }, 'started')
    expect(last()).toMatchObject({ 'log.level': 'info', message: 'started', runId: 'run-1' })
    expect(Date.parse(last()['@timestamp'])).not.toBeNaN()
  })

  it('masks registered secrets in messages, fields, and errors with their causes and stacks', () => {
    const secret = 'canary-"quoted"/7f3a9c'
    registerSecret(secret)
    const { log, lines } = capture()
    const cause = new Error(`cause ${secret}`)
    log.error({ err: new Error(`refused ${secret}`, { cause }), note: secret }, `sent ${secret}`)
    log.child({ header: `Basic ${Buffer.from(`user:${secret}`).toString('base64')}` }).warn('child')
    const text = lines.join('')
    expect(text).toContain('***')
    for (const form of [
      secret,
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64').slice(0, 12),
    ]) {
      expect(text).not.toContain(form)
    }
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
  })

  it('blanks fields by their name, known or not', () => {
    const { log, last } = capture()
    log.info({ password: 'p1', user: { apiKey: 'k1', name: 'Ada' } }, 'x')
    expect(last()).toMatchObject({ password: '***', user: { apiKey: '***', name: 'Ada' } })
  })
})

import { describe, expect, it } from 'vitest'
import { literalKind } from '#server/platform/http/private-address'
import { judgeProviderAddress } from './provider-address'

const nobody = { allowLoopback: false, allowPrivate: false }
const everybody = { allowLoopback: true, allowPrivate: true }
const judge = (text: string, policy = nobody) => judgeProviderAddress(text, policy, literalKind)

describe('judgeProviderAddress', () => {
  it.each([
    ['https://api.deepseek.com', 'https://api.deepseek.com'],
    [' https://api.example.com/v1/ ', 'https://api.example.com/v1'],
    ['https://gateway.example.com:8443/openai/v1', 'https://gateway.example.com:8443/openai/v1'],
    ['HTTPS://API.EXAMPLE.COM:443', 'https://api.example.com'],
  ])('takes %s', (text, url) => expect(judge(text)).toEqual({ ok: true, url }))

  it.each([
    'api.example.com',
    '',
    'ftp://example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://key:secret@example.com',
    'https://example.com/v1?key=1',
    'https://example.com/v1#x',
    'http://example.com',
    'https://example.com:22',
    'http://localhost:11434',
    'http://localhost.:11434',
    'http://any.localhost:11434',
    'http://127.0.0.1:11434',
    'http://2130706433',
    'https://0177.0.0.1',
    'https://127。0。0。1',
    'https://[::ffff:7f00:1]',
    'https://192.168.1.4',
    'https://169.254.169.254/latest/meta-data',
    'https://0.0.0.0',
  ])('refuses %s in words', (text) => {
    const verdict = judge(text)
    expect(verdict.ok).toBe(false)
    expect(verdict).toHaveProperty('message', expect.stringMatching(/^[A-Z].*\.$/))
  })

  it('takes a local model server once that is allowed, and only then', () => {
    expect(judge('http://localhost:11434/v1', everybody)).toEqual({ ok: true, url: 'http://localhost:11434/v1' })
    expect(judge('http://[::1]:1234/v1', everybody)).toMatchObject({ ok: true })
    expect(judge('http://10.0.0.5:8000/v1', everybody)).toMatchObject({ ok: true })
    expect(judge('http://10.0.0.5:8000/v1', { allowLoopback: true, allowPrivate: false })).toMatchObject({ ok: false })
    expect(judge('http://gpu-box:8000/v1', everybody)).toMatchObject({ ok: true })
  })

  it('never takes the metadata service, nor another protocol’s port', () => {
    expect(judge('http://169.254.169.254', everybody)).toMatchObject({ ok: false })
    expect(judge('http://localhost:25', everybody)).toMatchObject({ ok: false })
  })
})

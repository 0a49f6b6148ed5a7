import { expect, test } from 'vitest'
import { literalKind } from '#server/platform/http/private-address'
import { judgeWebhookAddress } from './webhook-address'

const judge = (text: string, allowLoopback = false) => judgeWebhookAddress(text, { allowLoopback }, literalKind)

test.each(['https://example.com/hook?key=1', 'https://example.com:8443/hook', 'https://[2606:4700::1111]/hook'])(
  '%s is good',
  (url) => expect(judge(url)).toEqual({ ok: true, url }),
)

test.each([
  ['example.com/hook', /not a web address/],
  ['ftp://example.com', /https:\/\//],
  ['http://example.com/hook', /Use https/],
  ['https://user:pw@example.com/', /user name/],
  ['https://example.com:25/', /Port 25/],
  ['https://127.0.0.1/', /server itself/],
  ['https://localhost/', /server itself/],
  ['https://2130706433/', /server itself/],
  ['https://0177.0.0.1/', /server itself/],
  ['https://[::ffff:7f00:1]/', /server itself/],
  ['https://127。0。0。1/', /server itself/],
  ['https://10.1.2.3/', /private network/],
  ['https://192.168.1.1/', /private network/],
  ['https://[fd00::1]/', /private network/],
  ['https://169.254.169.254/latest/meta-data', /reserved/],
  ['https://0.0.0.0/', /reserved/],
])('%s is refused', (url, why) => {
  const verdict = judge(url)
  expect(verdict.ok).toBe(false)
  expect(verdict.ok ? '' : verdict.message).toMatch(why)
})

test('this machine is a place when an admin says so, private networks and metadata are not', () => {
  expect(judge('http://127.0.0.1:4000/hook', true)).toEqual({ ok: true, url: 'http://127.0.0.1:4000/hook' })
  for (const url of ['https://10.0.0.1/', 'https://169.254.169.254/']) expect(judge(url, true).ok).toBe(false)
})

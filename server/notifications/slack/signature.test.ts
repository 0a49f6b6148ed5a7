import { expect, test } from 'vitest'
import { isSignedBySlack, signatureOf } from './signature'

const secret = '8f742231b10e8888abcd99yyyzzz85a5'
const body = Buffer.from(
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
)
const timestamp = '1531420618'
const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503'
const then = new Date(1531420618_000)

test('the example of Slack’s own documentation is accepted', () => {
  expect(signatureOf(secret, timestamp, body)).toBe(signature)
  expect(isSignedBySlack(secret, { timestamp, signature, body }, then)).toBe(true)
})

test.each([
  ['another secret', { secret: 'x'.repeat(32) }],
  ['a changed body', { body: Buffer.from(`${body}&x=1`) }],
  ['another time', { timestamp: '1531420619' }],
  ['five minutes and a second later', { now: new Date(then.getTime() + 301_000) }],
  ['five minutes and a second earlier', { now: new Date(then.getTime() - 301_000) }],
  ['no signature', { signature: null }],
  ['no time', { timestamp: null }],
  ['a time that is none', { timestamp: 'x' }],
  ['an empty signature', { signature: '' }],
])('%s is refused', (_what, changed) => {
  const given = { secret, body, timestamp, signature, now: then, ...changed }
  expect(isSignedBySlack(given.secret, given, given.now)).toBe(false)
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { safePath } from './safe-path'

it.each([
  ['/decisions?x=1', '/decisions?x=1'],
  ['http://localhost:3000/projects/7', '/projects/7'],
  ['//evil.example/x', '/x'],
  ['/\\evil.example/x', '/x'],
  ['https://evil.example//evil.example', '/projects'],
  ['javascript:alert(1)', '/projects'],
  ['/sign-in?callbackUrl=/sign-in', '/projects'],
  ['', '/projects'],
  [undefined, '/projects'],
  [['/a', '/b'], '/projects'],
])('%j goes to %s', (given, expected) => expect(safePath(given)).toBe(expected))

it('never leaves the product', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.webPath()), (given) => {
      const target = new URL(safePath(given), 'http://own.example')
      return target.host === 'own.example'
    }),
  )
})

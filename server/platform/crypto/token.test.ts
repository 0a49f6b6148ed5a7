import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createToken, hashToken, parseToken, tokenMatches } from './token'

describe('tokens', () => {
  it('carry their id, a secret and a checksum', () => {
    const { token, id, hash } = createToken('row7')
    expect(token).toMatch(/^orc_row7_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/)
    expect(parseToken(token)).toEqual({ id })
    expect(hash).toBe(hashToken(token))
    expect(createToken('row7').token).not.toBe(token)
  })

  it('are recognised as damaged when any one character changes', () => {
    const { token } = createToken()
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'0aZ_-'), (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1)
        return changed === token || parseToken(changed) === null
      }),
    )
    expect(parseToken(token.slice(0, -1))).toBeNull()
    expect(parseToken(`${token}\n`)).toBeNull()
  })

  it('match their own hash only', () => {
    const { token, hash } = createToken()
    expect(tokenMatches(token, hash)).toBe(true)
    expect(tokenMatches(createToken().token, hash)).toBe(false)
    expect(tokenMatches(token, '')).toBe(false)
  })

  it('refuse an id that would make them ambiguous', () => {
    expect(() => createToken('a_b')).toThrow(/letters and digits/)
  })
})

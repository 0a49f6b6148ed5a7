import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSealer, keyIdOf } from './seal'

const PLACE = { table: 'Credential', organizationId: 'organization-1', rowId: 'row-1' }
const [first, second] = [randomBytes(32), randomBytes(32)]
const codeOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return (error as { code?: string }).code
  }
  return 'opened'
}

describe('seal', () => {
  const sealer = createSealer({ current: first })

  it('opens to the same text, and never looks the same twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const sealed = sealer.seal(text, PLACE)
        expect(sealer.open(sealed, PLACE)).toBe(text)
        expect(sealer.seal(text, PLACE)).not.toBe(sealed)
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    ['another organization', { ...PLACE, organizationId: 'organization-2' }],
    ['another row', { ...PLACE, rowId: 'row-2' }],
    ['another table', { ...PLACE, table: 'Channel' }],
  ])('does not open in %s', (_name, elsewhere) => {
    const sealed = sealer.seal('sk-test', PLACE)
    expect(codeOf(() => sealer.open(sealed, elsewhere))).toBe('seal-broken')
  })

  it('does not open when any part of it was changed or cut', () => {
    const sealed = sealer.seal('sk-test', PLACE)
    fc.assert(
      fc.property(fc.constantFrom(2, 3), fc.nat(60), (part, byte) => {
        const parts = sealed.split('.')
        const bytes = Buffer.from(parts[part] as string, 'base64url')
        const at = byte % bytes.length
        bytes[at] = (bytes[at] as number) ^ 1
        parts[part] = bytes.toString('base64url')
        return codeOf(() => sealer.open(parts.join('.'), PLACE)) === 'seal-broken'
      }),
    )
    expect(codeOf(() => sealer.open(sealed.slice(0, -24), PLACE))).toBe('seal-broken')
    expect(codeOf(() => sealer.open('plain text', PLACE))).toBe('seal-broken')
  })

  it('moves to a new key without touching the body, and names the key that is missing', () => {
    const old = sealer.seal('sk-test', PLACE)
    const both = createSealer({ current: second, previous: first })
    const moved = both.rewrap(old, PLACE)
    expect(moved.split('.')[3]).toBe(old.split('.')[3])
    const onlySecond = createSealer({ current: second })
    expect(onlySecond.open(moved, PLACE)).toBe('sk-test')
    expect(() => onlySecond.open(old, PLACE)).toThrow(keyIdOf(first))
    expect(codeOf(() => onlySecond.open(old, PLACE))).toBe('seal-key-missing')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMask, createStreamMask, secretForms } from './mask'

const SECRET = 'sk-ant-api03-AbC/d+ef=Gh"12345'

/** Pushes a text in pieces of the given lengths, over and over. */
function inPieces(text: string, lengths: number[]): string {
  const mask = createStreamMask([SECRET])
  let out = ''
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1
    out += mask.push(text.slice(at, at + length))
    at += length
  }
  return out + mask.end()
}

describe('the stream mask', () => {
  it('lets no form of a secret through, however the text is cut', () => {
    const forms = secretForms(SECRET)
    const parts = fc.array(fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom(...forms)), { maxLength: 12 })
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(parts, cuts, (texts, lengths) => {
        const out = inPieces(texts.join('|'), lengths)
        return !forms.some((form) => out.includes(form))
      }),
      { numRuns: 2000 },
    )
  })

  it('gives back every other text unchanged', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (text, lengths) => {
          fc.pre(!secretForms(SECRET).some((form) => text.includes(form)))
          expect(inPieces(text, lengths)).toBe(text)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('finds a secret inside base64 of a longer text at each of the three offsets', () => {
    const mask = createMask([SECRET])
    for (const before of ['', 'x', 'xy', 'xyz']) {
      const encoded = Buffer.from(`${before}${SECRET}tail`).toString('base64')
      expect(mask(encoded)).toContain('***')
    }
  })

  it('leaves short values alone', () => {
    expect(createMask(['dev'])('npm run dev')).toBe('npm run dev')
  })
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { keptOutput } from './kept-output'

it('returns short output unchanged, however it was cut into chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (chunks) => {
      const output = keptOutput(1_000_000)
      for (const chunk of chunks) output.add(chunk)
      expect(output.text()).toBe(chunks.join(''))
      expect(output.truncated()).toBe(false)
    }),
  )
})

it('keeps head and tail of long output and says how much is missing', () => {
  const output = keptOutput(20)
  output.add('0123456789')
  for (let index = 0; index < 50; index++) output.add('middle ')
  output.add('abcdefghij')
  expect(output.truncated()).toBe(true)
  expect(output.text()).toBe('0123456789\n… 350 bytes left out …\nabcdefghij')
  expect(output.seen()).toBe(370)
})

it('does not show half a character at the cut', () => {
  const output = keptOutput(9)
  output.add('ééééééééééééé')
  expect(output.text()).not.toContain('\ufffd')
})

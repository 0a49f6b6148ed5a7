import { expect, test } from 'vitest'
import { visibleText } from './visible-text'

test.each([
  ['plain text, ümlauts, 漢字, emoji 👍', 'plain text, ümlauts, 漢字, emoji 👍'],
  ['tab\tand\nline', 'tab\tand\nline'],
  ['a\u202eb', 'a⟨U+202E⟩b'],
  ['zero\u200bwidth', 'zero⟨U+200B⟩width'],
  ['\ufeffstart', '⟨U+FEFF⟩start'],
  ['bell\u0007', 'bell⟨U+0007⟩'],
  ['tag\u{e0041}', 'tag⟨U+E0041⟩'],
  ['windows\r\nline', 'windows\nline'],
  ['family 👨‍👩‍👧', 'family 👨‍👩‍👧'],
  ['blank\u3164letter', 'blank⟨U+3164⟩letter'],
  ['over\rwritten', 'over⟨U+000D⟩written'],
])('%j', (given, shown) => {
  expect(visibleText(given)).toBe(shown)
})

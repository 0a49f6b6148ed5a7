import { csvFunctions } from '#server/scripted/packs/catalogue-csv'
import { base62Functions, idFunctions } from '#server/scripted/packs/catalogue-ids'
import type { CatalogueEntry, FunctionRule } from '#server/scripted/packs/catalogue-model'
import { readingFunctions } from '#server/scripted/packs/catalogue-reading'

function simple(
  key: string,
  title: string,
  names: string[],
  source: string,
  rules: FunctionRule[] = [],
): CatalogueEntry {
  return { key, title, source: () => source, names, parameters: {}, rules, testImports: '' }
}

const slugify = simple(
  'slugify',
  'Slugs for addresses',
  ['slugify'],
  String.raw`/** "Crème brûlée!" → "creme-brulee": lower case letters and digits, words joined by single hyphens. */
export function slugify(text) {
  const plain = String(text).normalize('NFKD').replace(/\p{M}+/gu, '').toLowerCase()
  return (plain.match(/[a-z0-9]+/g) ?? []).join('-')
}
`,
  [
    {
      asks: /^a slug (?:has|contains|consists of) only lower-?case letters, digits and hyphens$/i,
      rule: 'slug alphabet',
      says: 'a slug has only lower-case letters, digits and hyphens',
      body: () => `for (const text of ['Hello World', 'Crème brûlée!', '  a  b ', 'ÄÖÜ', 'x_y.z', '世界', '100 % sure', '--', '']) {
  assert.match(made.slugify(text), /^[a-z0-9-]*$/)
}
assert.equal(made.slugify('Crème BRÛLÉE 2'), 'creme-brulee-2')`,
    },
  ],
)

const words = simple(
  'words',
  'Counting words',
  ['wordCount', 'countWords'],
  String.raw`/** The number of words between blanks. */
export function wordCount(text) {
  return (String(text).match(/\S+/g) ?? []).length
}

export const countWords = wordCount
`,
)

const roman = simple(
  'roman',
  'Roman numerals',
  ['toRoman', 'fromRoman'],
  `const signs = [
  [1000, 'M'], [900, 'CM'], [500, 'D'], [400, 'CD'], [100, 'C'], [90, 'XC'],
  [50, 'L'], [40, 'XL'], [10, 'X'], [9, 'IX'], [5, 'V'], [4, 'IV'], [1, 'I'],
]

/** 1994 → "MCMXCIV"; whole numbers from 1 to 3999. */
export function toRoman(number) {
  if (!Number.isInteger(number) || number < 1 || number > 3999) throw new RangeError('a whole number from 1 to 3999 is expected')
  let rest = number
  let text = ''
  for (const [value, sign] of signs) {
    while (rest >= value) {
      text += sign
      rest -= value
    }
  }
  return text
}

/** "MCMXCIV" → 1994; anything that toRoman would not write is refused. */
export function fromRoman(text) {
  let number = 0
  let at = 0
  for (const [value, sign] of signs) {
    while (text.startsWith(sign, at)) {
      number += value
      at += sign.length
    }
  }
  if (number < 1 || number > 3999 || toRoman(number) !== text) throw new RangeError('this is no roman numeral: ' + text)
  return number
}
`,
  [
    {
      asks: /^(?:converting|turning) a number (?:to|into) a roman numeral and back gives the same number$/i,
      rule: 'roman numerals round trip',
      says: 'a roman numeral gives the same number again',
      body: () =>
        'for (let number = 1; number <= 3999; number += 1) assert.equal(made.fromRoman(made.toRoman(number)), number)',
    },
  ],
)

const palindrome = simple(
  'palindrome',
  'Palindromes',
  ['isPalindrome'],
  String.raw`/** True when the letters and digits read the same from both ends; case, blanks and signs do not count. */
export function isPalindrome(text) {
  const signs = [...String(text).toLowerCase()].filter((sign) => /[\p{L}\p{N}]/u.test(sign))
  return signs.every((sign, at) => sign === signs[signs.length - 1 - at])
}
`,
)

const numbers = simple(
  'numbers',
  'Numbers',
  ['fibonacci', 'add', 'celsiusToFahrenheit', 'fahrenheitToCelsius', 'isPrime', 'gcd'],
  `/** The number at a place of the Fibonacci row; fibonacci(0) is 0 and fibonacci(1) is 1. */
export function fibonacci(place) {
  if (!Number.isInteger(place) || place < 0 || place > 78) throw new RangeError('a whole number from 0 to 78 is expected')
  let [low, high] = [0, 1]
  for (let at = 0; at < place; at += 1) [low, high] = [high, low + high]
  return low
}

export function add(first, second) {
  return first + second
}

export function celsiusToFahrenheit(degrees) {
  return (degrees * 9) / 5 + 32
}

export function fahrenheitToCelsius(degrees) {
  return ((degrees - 32) * 5) / 9
}

export function isPrime(number) {
  if (!Number.isInteger(number) || number < 2) return false
  for (let factor = 2; factor * factor <= number; factor += 1) if (number % factor === 0) return false
  return true
}

export function gcd(first, second) {
  return second === 0 ? Math.abs(first) : gcd(second, first % second)
}
`,
)

export const catalogue: CatalogueEntry[] = [
  slugify,
  words,
  roman,
  palindrome,
  numbers,
  readingFunctions,
  base62Functions,
  idFunctions,
  csvFunctions,
]

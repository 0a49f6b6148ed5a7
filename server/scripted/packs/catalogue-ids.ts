import type { CatalogueEntry } from '#server/scripted/packs/catalogue-model'

const base62 = `const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A whole number of any size, not below 0, in base 62. */
export function encodeNumber(number) {
  let rest = BigInt(number)
  if (rest < 0n) throw new RangeError('a number not below 0 is expected')
  let text = ''
  do {
    text = alphabet[Number(rest % 62n)] + text
    rest /= 62n
  } while (rest > 0n)
  return text
}

/** The number that encodeNumber was given, as a bigint. */
export function decodeNumber(text) {
  if (!/^[0-9A-Za-z]+$/.test(text)) throw new RangeError('this is no base 62 text')
  return [...text].reduce((number, sign) => number * 62n + BigInt(alphabet.indexOf(sign)), 0n)
}

/** Any text in base 62: its UTF-8 bytes as one number, with a leading 1 that keeps zero bytes. */
export function encodeText(text) {
  return encodeNumber(BigInt('0x01' + Buffer.from(text, 'utf8').toString('hex')))
}

/** The text that encodeText was given. */
export function decodeText(encoded) {
  return Buffer.from(decodeNumber(encoded).toString(16).slice(1), 'hex').toString('utf8')
}
`

const numbersBack = `const ids = [0n, 1n, 61n, 62n, 63n, 3843n, 3844n, 15099502923776n, 2024012310580246010n, 2n ** 63n - 1n, 2n ** 128n]
for (let number = 0n; number < 5000n; number += 1n) ids.push(number)
for (const id of ids) {
  const encoded = made.encodeNumber(id)
  assert.match(encoded, /^[0-9A-Za-z]+$/)
  assert.equal(made.decodeNumber(encoded), id)
}
assert.equal(new Set(ids.map(made.encodeNumber)).size, new Set(ids).size)`

const textsBack = String.raw`const texts = ['', 'a', 'Hello World', '0', '000', '\u0000', '\u0000\u0000a', 'Grüße', '世界', '👩‍🚀', 'x'.repeat(2000)]
for (const text of texts) {
  const encoded = made.encodeText(text)
  assert.match(encoded, /^[0-9A-Za-z]+$/)
  assert.equal(made.decodeText(encoded), text)
}`

export const base62Functions: CatalogueEntry = {
  key: 'base62',
  title: 'Base 62',
  source: () => base62,
  names: [],
  parameters: {},
  testImports: '',
  rules: [
    {
      asks: /^(?:reversible encoding: )?ensures? that the encoded ids can be reliably decoded back to their original form$/i,
      section: /base62/i,
      rule: 'base 62 round trip of numbers',
      says: 'encoded ids are decoded to what they were',
      body: () => numbersBack,
    },
    {
      asks: /^decoding the encoded string should yield the original string$/i,
      section: /base62/i,
      rule: 'base 62 round trip of texts',
      says: 'decoding an encoded string gives the original string',
      body: () => textsBack,
    },
    {
      asks: /^decoding (?:a|an encoded) base ?62 (?:number|id|text) gives the (?:same|original) (?:number|id) (?:again|back)$/i,
      rule: 'base 62 round trip of numbers',
      says: 'decoding base 62 gives the same number again',
      body: () => numbersBack,
    },
  ],
}

const ids = String.raw`import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

/** 2024-01-01, in milliseconds; keeps the ids short. */
const EPOCH = 1704067200000
/** Ids per millisecond before the worker runs ahead of its clock. */
const PER_MILLISECOND = 4096
/** How far ahead ids are reserved in the state file, so that it is written seldom. */
const RESERVED = PER_MILLISECOND * 1000

/**
 * Whole numbers, each larger than all before it, also when the clock stands still or goes back. With a state file this
 * holds over restarts: ids are handed out only below the mark written there, and a new worker starts above it.
 */
export function createIdWorker({ clock = Date.now, stateFile = null } = {}) {
  let last = stateFile && existsSync(stateFile) ? Number(readFileSync(stateFile, 'utf8')) : -1
  let mark = last
  return {
    next() {
      last = Math.max(last + 1, (clock() - EPOCH) * PER_MILLISECOND)
      if (stateFile && last >= mark) {
        mark = last + RESERVED
        writeFileSync(stateFile + '.part', String(mark))
        renameSync(stateFile + '.part', stateFile)
      }
      return last
    },
  }
}

function stamp(milliseconds) {
  return new Date(milliseconds).toISOString().replace(/\D/g, '')
}

/** 19 digits: year to millisecond in UTC, then a two-digit number within the millisecond. Waits when 100 are used up. */
export function createSidWorker({ clock = Date.now } = {}) {
  let at = 0
  let number = 0
  return {
    next() {
      let now = Math.max(clock(), at)
      if (now === at && number === 99) {
        while (now <= at) now = clock()
      }
      number = now === at ? number + 1 : 0
      at = now
      return stamp(at) + String(number).padStart(2, '0')
    },
  }
}
`

const million = `const worker = made.createIdWorker()
const seen = new Set()
for (let count = 0; count < 1_000_000; count += 1) seen.add(worker.next())
assert.equal(seen.size, 1_000_000)`

const increasing = `const clocks = [Date.now, () => 1800000000000, (() => { let now = 1800000000000; return () => (now -= 7) })()]
for (const clock of clocks) {
  const worker = made.createIdWorker({ clock })
  let before = worker.next()
  for (let count = 0; count < 100_000; count += 1) {
    const id = worker.next()
    assert.ok(Number.isSafeInteger(id) && id > before)
    before = id
  }
}`

const restart = `const folder = mkdtempSync(join(tmpdir(), 'ids-'))
try {
  const stateFile = join(folder, 'ids.state')
  const seen = []
  // every worker is a restart; the clock stands still and then goes back
  for (const now of [1800000000000, 1800000000000, 1700000000000, 1800000000001]) {
    const worker = made.createIdWorker({ clock: () => now, stateFile })
    for (let count = 0; count < 5000; count += 1) seen.push(worker.next())
  }
  assert.equal(new Set(seen).size, seen.length)
  assert.deepEqual([...seen].sort((a, b) => a - b), seen)
  const program = 'import { createIdWorker } from ' + JSON.stringify(new URL('../implementation/functions/ids.js', import.meta.url).href) + '\\nconsole.log(createIdWorker({ stateFile: process.argv.at(-1) }).next())'
  const run = () => Number(execFileSync(process.execPath, ['--input-type=module', '-e', program, '--', stateFile], { encoding: 'utf8' }))
  const [first, second] = [run(), run()]
  assert.ok(first > seen.at(-1) && second > first)
} finally {
  rmSync(folder, { recursive: true, force: true })
}`

const timeOf = `const timeOf = (id) => Date.UTC(id.slice(0, 4), id.slice(4, 6) - 1, id.slice(6, 8), id.slice(8, 10), id.slice(10, 12), id.slice(12, 14), id.slice(14, 17))`

const accurate = `${timeOf}
const worker = made.createSidWorker()
for (let count = 0; count < 3000; count += 1) {
  const before = Date.now()
  const id = worker.next()
  const after = Date.now()
  assert.match(id, /^\\d{19}$/)
  assert.ok(timeOf(id) >= before && timeOf(id) <= after, id)
}
for (const now of [1705978534134, 1709164799999, 1735689599999]) {
  assert.equal(timeOf(made.createSidWorker({ clock: () => now }).next()), now)
}`

const sameMoment = `const worker = made.createSidWorker({ clock: () => 1705978534134 })
const ids = Array.from({ length: 100 }, () => worker.next())
assert.equal(new Set(ids.map((id) => id.slice(0, 17))).size, 1)
assert.equal(new Set(ids.map((id) => id.slice(17))).size, 100)
let now = 1705978534134
let asked = 0
const busy = made.createSidWorker({ clock: () => ((asked += 1) % 250 === 0 ? (now += 1) : now) })
const many = Array.from({ length: 5000 }, () => busy.next())
assert.equal(new Set(many).size, 5000)`

export const idFunctions: CatalogueEntry = {
  key: 'ids',
  title: 'Unique ids',
  source: () => ids,
  names: [],
  parameters: {},
  testImports: `import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
`,
  rules: [
    {
      asks: /^generate a significant number of ids \(e\.g\., one million\) and ensure there are no duplicates$/i,
      section: /idworker/i,
      rule: 'a million unique ids',
      says: 'a million ids hold no duplicate',
      body: () => million,
    },
    {
      asks: /^(?:verify that the generated ids maintain an increasing sequence|every id is larger than the one before)$/i,
      section: /idworker|^(?!.*sidworker)/i,
      rule: 'increasing ids',
      says: 'ids increase, also when the clock stands still or goes back',
      body: () => increasing,
    },
    {
      asks: /^after a system restart, id generation should resume while maintaining uniqueness and sequentiality$/i,
      section: /idworker/i,
      rule: 'ids over a restart',
      says: 'ids go on unique and increasing after a restart',
      body: () => restart,
    },
    {
      asks: /^ensure each id accurately reflects the timestamp of its generation, with no significant drift$/i,
      section: /sidworker/i,
      rule: 'ids tell their time',
      says: 'each id tells the millisecond in which it was made',
      body: () => accurate,
    },
    {
      asks: /^in cases of multiple ids generated within the same millisecond, confirm that the sequence component of the id maintains uniqueness$/i,
      section: /sidworker/i,
      rule: 'unique within a millisecond',
      says: 'ids of one millisecond differ in their sequence part',
      body: () => sameMoment,
    },
  ],
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { splitStatements } from '#server/requirements/rules/statements'
import { buildOf, openTrial, type Trial } from '#server/scripted/packs/trial'

const sample = readFileSync(new URL('../../../samples/task-board.md', import.meta.url), 'utf8')

const library = `# Library
## Books
- A book has a name, a shelf, a genre and a note.
- A book must have a name.
- The name is required and between 3 and 40 characters long.
- The genre is either novel, poem or "play".
- Two books can't have the same name.
- A book without a shelf is refused with 400.
- Only librarians can add a book; everyone else gets 403.
- Anyone can search books by note.
- Anyone can count books by genre.
- As a user, I want to see one book.
- Users can mark a book as novel.
- Books are listed newest first.
- A request that is not valid JSON is refused with 400.
- Books are still there after a restart.
- It must be possible to delete a book.
- Users can lend a book to a friend.
- Only adults can read a book.
- Anyone can add a book.
- The API must answer within 20 ms.
- The code must be written in Python.
- The software has no external dependencies.
- Deleted books are either shredded or sold (to be decided).
- Searching must support regular expressions.
`

const bakery = `# Bakery
## Site
- The site has the pages home, about and contact.
- The home page has the heading "Bread & <b>rolls</b>".
- The home page links to the about page and the contact page.
- The home page lists "Bread", "Rolls" and "Cakes </script>".
- The contact page has a form with the fields name, email and message.
- The contact page requires the fields name and email.
- The contact page has a button "Send".
- The about page loads within 2 seconds.
- The about page shows the weather.
## 2. LoginPage
- A form named form with two input fields with names "username" and "password"
- Login button to submit credentials.
- Link to the AboutPage for new users.
- When the form is invalid, an error message is displayed.
`

const functions = `# Tools
- slugify('Hello World') returns 'hello-world'
- \`slugify("Crème brûlée")\` gives "creme-brulee".
- slugify('a') returns 'zebra'
- mystery(2) returns 7
- A slug has only lower-case letters, digits and hyphens.
- wordCount('a b c') gives 3
- toRoman(1994) returns "MCMXCIV"
- Converting a number to a roman numeral and back gives the same number.
- isPalindrome('Never odd or even') returns true
- fibonacci(10) is 55
- fibonacci(999999999) is 1
- celsiusToFahrenheit(100) returns 212
- The default reading rate is 250 words per minute.
- Estimating the reading time based on content and a given WPM rate.
- Support for custom delimiters within CSV files.
- Decoding an encoded base62 number gives the same number again.
- Every id is larger than the one before.
- The functions must be documented in German.
`

const trials: Trial[] = []
function trialOf(text: string, ...rest: Parameters<typeof openTrial> extends [string, ...infer R] ? R : never): Trial {
  const trial = openTrial(text, ...rest)
  trials.push(trial)
  return trial
}
afterAll(() => {
  for (const trial of trials) trial.remove()
})

/** Runs everything a build promises, and holds it to it. */
async function holdsItsWord(trial: Trial, text: string) {
  const { build } = trial
  const passed = new Set<string>()
  const todo = new Set<string>()
  for (const acceptance of build.units.flatMap((unit) => unit.acceptance)) {
    const plain = await trial.run(acceptance.command)
    expect(plain.code, plain.output).toBe(0)
    const results = await trial.results(acceptance.command.replace('node --test ', ''))
    expect(results.failed).toEqual([])
    for (const ref of acceptance.proves) expect(results.passed, acceptance.command).toContain(ref)
    for (const ref of results.passed) passed.add(ref)
    for (const ref of results.todo) todo.add(ref)
  }
  const counted = splitStatements(text).filter((one) => one.kind !== 'context')
  expect([...passed].sort()).toEqual(build.covered.map((one) => one.ref).sort())
  expect([...todo].sort()).toEqual(build.questions.map((one) => one.statement).sort())
  expect([...passed, ...todo].sort()).toEqual(counted.map((one) => one.ref).sort())
  expect([...passed].filter((ref) => todo.has(ref))).toEqual([])
}

/** Files belong to one unit, dependencies exist and every unit has something to show. */
function isSound(trial: Trial) {
  const { units } = trial.build
  const paths = units.flatMap((unit) => unit.files.map((file) => file.path))
  expect(new Set(paths).size).toBe(paths.length)
  expect(new Set(units.map((unit) => unit.key)).size).toBe(units.length)
  for (const path of paths)
    expect(path).toMatch(/^(?:implementation|tests|documentation)(?:\/[a-z0-9-]+)+(?:\.test)?\.[a-z]+$/)
  for (const [at, unit] of units.entries()) {
    expect(unit.acceptance.length).toBeGreaterThan(0)
    expect(unit.statements.length).toBeGreaterThan(0)
    for (const key of unit.dependsOn) expect(units.slice(0, at).map((one) => one.key)).toContain(key)
  }
}

function textsCovered(text: string): string[] {
  const refs = new Set(buildOf(text).covered.map((one) => one.ref))
  return splitStatements(text)
    .filter((one) => refs.has(one.ref))
    .map((one) => one.text)
}

const minutes = { timeout: 180_000 }

describe('the built-in sample', () => {
  const choice = (answer: string) => [{ question: 'What happens to a deleted task?', answer, comment: '' }]

  test('every statement is covered, with one choice, and at least three parts side by side', () => {
    const build = buildOf(sample)
    expect(build.questions).toEqual([])
    expect(build.units.length).toBeGreaterThanOrEqual(4)
    expect(build.units.filter((unit) => unit.dependsOn.length === 0).length).toBeGreaterThanOrEqual(3)
    expect(build.units.flatMap((unit) => unit.choice?.options.map((option) => option.id) ?? [])).toEqual([
      'archive',
      'remove',
    ])
    expect(splitStatements(sample).filter((one) => one.kind === 'context').length).toBeGreaterThan(0)
    expect(buildOf(sample)).toEqual(build)
  })

  test.each(['Archive it', 'Remove it for good'])('builds and proves itself: %s', minutes, async (answer) => {
    const trial = trialOf(sample, choice(answer))
    isSound(trial)
    await holdsItsWord(trial, sample)
  })

  test('the answer changes what is built, and only files of the units that know of it', () => {
    const [archive, remove] = ['Archive it', 'Remove it for good'].map((answer) =>
      buildOf(sample, choice(answer)).units.flatMap((unit) => unit.files),
    )
    const changed = archive?.filter((file, at) => remove?.[at]?.text !== file.text).map((file) => file.path)
    expect(changed).toEqual(['implementation/src/retention.js', 'tests/retention.test.js', 'tests/api.test.js'])
  })
})

describe.each([
  ['library', library, ['crud-api']],
  ['bakery', bakery, ['static-site']],
  ['functions', functions, ['pure-functions']],
])('%s', (_name, text, packs) => {
  test('builds and proves exactly what it claims', minutes, async () => {
    const trial = trialOf(text)
    expect(trial.build.packs).toEqual(packs)
    isSound(trial)
    await holdsItsWord(trial, text)
  })
})

describe('what is not shown is not claimed', () => {
  test.each([
    [
      library,
      [
        'Users can lend a book to a friend.',
        'Only adults can read a book.',
        'Anyone can add a book.',
        'The API must answer within 20 ms.',
        'The code must be written in Python.',
        'Deleted books are either shredded or sold (to be decided).',
        'Searching must support regular expressions.',
      ],
    ],
    [
      bakery,
      [
        'The about page loads within 2 seconds.',
        'The about page shows the weather.',
        'When the form is invalid, an error message is displayed.',
      ],
    ],
    [
      functions,
      [
        "slugify('a') returns 'zebra'",
        'mystery(2) returns 7',
        'fibonacci(999999999) is 1',
        'The functions must be documented in German.',
      ],
    ],
  ])('document %#', (text, unclaimed) => {
    const covered = textsCovered(text)
    const counted = splitStatements(text)
      .filter((one) => one.kind !== 'context')
      .map((one) => one.text)
    expect(counted.filter((one) => !covered.includes(one))).toEqual(unclaimed)
  })

  test.each([
    'Only leads can delete a task.',
    'Anyone can filter tasks by status and colour.',
    'The title is required and beautiful.',
    'The title is at most 120 characters long and shown in bold.',
    'Tasks are still there after a restart and after a power cut.',
    'Anyone can add a task within two clicks.',
    'A user has many tasks.',
    'A board has a name in German and a colour.',
    'A folder has an optional note and a unique name.',
    'The login page has all fields.',
  ])('a sentence of which only half is understood stays a question, or is tested in full: %s', (sentence) => {
    const covered = textsCovered(`# T\n- A task has a title and a status.\n- ${sentence}`)
    expect(covered).toEqual(
      sentence.startsWith('Only leads')
        ? ['A task has a title and a status.', sentence]
        : ['A task has a title and a status.'],
    )
  })
})

describe('the generated tests are real: each break makes one fail', () => {
  const breaks: [string, string, string, string, string, string?][] = [
    [sample, 'tests/store.test.js', 'implementation/src/store.js', 'kept.lastId += 1', 'kept.lastId = 1'],
    [
      sample,
      'tests/validation.test.js',
      'implementation/src/validation.js',
      'length > field.max',
      'length > field.max + 1',
    ],
    [sample, 'tests/retention.test.js', 'implementation/src/retention.js', 'archived: true', 'archived: false'],
    [
      sample,
      'tests/command-summary.test.js',
      'implementation/commands/summary.js',
      "+ ': ' +",
      "+ ' = ' +",
      'one line per value',
    ],
    [
      sample,
      'tests/command-summary.test.js',
      'implementation/commands/summary.js',
      'process.exit(2)',
      'process.exit(1)',
      'exit code 2',
    ],
    [sample, 'tests/integration.test.js', 'documentation/usage.md', 'implementation/src/store.js', 'elsewhere.js'],
    [
      sample,
      'tests/api.test.js',
      'implementation/src/server.js',
      "if (role && request.headers['x-role'] !== role)",
      'if (false)',
      'by the role lead alone',
    ],
    [
      sample,
      'tests/api.test.js',
      'implementation/src/server.js',
      "if (role && request.headers['x-role'] !== role)",
      'if (role && !request.headers["x-role"])',
      'by the role lead alone',
    ],
    [
      sample,
      'tests/api.test.js',
      'implementation/src/server.js',
      "throw new Refusal(404, 'there is no '",
      "throw new Refusal(400, 'there is no '",
      'an unknown task',
    ],
    [
      sample,
      'tests/api.test.js',
      'implementation/src/server.js',
      'String(record[key]) === query.get(key)',
      'true',
      'filters',
    ],
    [sample, 'tests/api.test.js', 'implementation/src/server.js', 'found.sort(', 'void (', 'sorts'],
    [sample, 'tests/api.test.js', 'implementation/src/server.js', 'createStore(file)', 'createStore(null)', 'restart'],
    [
      sample,
      'tests/api.test.js',
      'implementation/src/server.js',
      'message: error.message',
      "message: ''",
      'what is wrong',
    ],
    [sample, 'tests/api.test.js', 'implementation/src/validation.js', '"max":120', '"max":121', 'title'],
    [
      sample,
      'tests/api.test.js',
      'implementation/src/validation.js',
      '"byDefault":"open"',
      '"byDefault":"doing"',
      'default',
    ],
    [
      sample,
      'tests/api.test.js',
      'implementation/src/validation.js',
      'startsWith(value)',
      'startsWith("")',
      'due date',
    ],
    [
      sample,
      'tests/api.test.js',
      'implementation/src/validation.js',
      '!field.oneOf.includes(value)',
      'false',
      'one of',
    ],
    [sample, 'tests/api.test.js', 'implementation/src/retention.js', 'return rest', 'return record', 'restorable'],
    [library, 'tests/api.test.js', 'implementation/src/server.js', 'Refusal(409', 'Refusal(400', 'unique'],
    [library, 'tests/api.test.js', 'implementation/src/server.js', 'found.reverse()', 'found.slice()', 'newest'],
    [library, 'tests/api.test.js', 'implementation/src/server.js', '+ 1\n', '+ 2\n', 'counts'],
    [
      library,
      'tests/api.test.js',
      'implementation/src/server.js',
      '.includes(words)',
      '.startsWith(words)',
      'searches',
    ],
    [library, 'tests/integration.test.js', 'implementation/src/store.js', "'node:fs'", "'lodash'", 'imports nothing'],
    [bakery, 'tests/site.test.js', 'implementation/site/contact.html', ' required', '', 'required'],
    [
      bakery,
      'tests/site.test.js',
      'implementation/site/contact.html',
      'for="contact-name"',
      'for="contact-nam"',
      'labelled',
    ],
    [
      bakery,
      'tests/site.test.js',
      'implementation/site/index.html',
      'href="about.html"',
      'href="contact.html"',
      'links',
    ],
    [bakery, 'tests/site.test.js', 'implementation/site/login.html', 'type="submit"', 'type="button"', 'submits'],
    [
      functions,
      'tests/functions-slugify.test.js',
      'implementation/functions/slugify.js',
      '[a-z0-9]+',
      '[a-z0-9_]+',
      'lower-case',
    ],
    [
      functions,
      'tests/functions-words.test.js',
      'implementation/functions/words.js',
      '.length',
      '.length + 1',
      'wordCount',
    ],
    [
      functions,
      'tests/functions-roman.test.js',
      'implementation/functions/roman.js',
      "[900, 'CM']",
      "[900, 'DCCCC']",
      'toRoman',
    ],
    [
      functions,
      'tests/functions-palindrome.test.js',
      'implementation/functions/palindrome.js',
      '.toLowerCase()',
      '',
      'isPalindrome',
    ],
    [functions, 'tests/functions-numbers.test.js', 'implementation/functions/numbers.js', '+ 32', '+ 31', 'celsius'],
    [
      functions,
      'tests/functions-reading-time.test.js',
      'implementation/functions/reading-time.js',
      '= 250',
      '= 265',
      'rate',
    ],
    [functions, 'tests/functions-base62.test.js', 'implementation/functions/base62.js', '* 62n', '* 61n', 'base 62'],
    [
      functions,
      'tests/functions-ids.test.js',
      'implementation/functions/ids.js',
      'Math.max(last + 1, ',
      'Math.max(last, ',
      'ids increase',
    ],
    [
      functions,
      'tests/functions-csv-json.test.js',
      'implementation/functions/csv-json.js',
      'delimiter.length - 1',
      '0',
      'delimiters',
    ],
  ]
  const opened = new Map<string, Trial>()
  const named = breaks.map(([text, file, path, from, to, name]) => ({ text, file, path, from, to, name }))
  test.each(named)('$path with $to', minutes, async ({ text, file, path, from, to, name }) => {
    const trial = opened.get(text) ?? trialOf(text)
    opened.set(text, trial)
    const { code, output } = await trial.broken(path, from, to, () => trial.quickResults(file))
    expect(code).not.toBe(0)
    if (name)
      expect(
        output.split('\n').some((line) => line.startsWith('not ok') && line.includes(name)),
        output,
      ).toBe(true)
  })

  test('every generated test file is broken at least once', () => {
    const files = [sample, library, bakery, functions].flatMap((text) =>
      buildOf(text).units.flatMap((unit) => unit.files.map((file) => file.path)),
    )
    const wanted = files.filter((path) => path.endsWith('.test.js') && !path.endsWith('open-questions.test.js'))
    expect([...new Set(breaks.map(([, file]) => file))].sort()).toEqual([...new Set(wanted)].sort())
  })
})

const folder = process.env.ORCHESTRATOR_REQUIREMENTS
const documents = folder && existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.md')) : []
if (documents.length === 0) {
  process.stderr.write(
    '\nSKIPPED: the documents of the team are not tested, because ORCHESTRATOR_REQUIREMENTS names no folder with them.\n',
  )
}
describe.skipIf(documents.length === 0)('the documents of ORCHESTRATOR_REQUIREMENTS', () => {
  test.each(documents)('%s proves what it claims', minutes, async (name) => {
    const text = readFileSync(join(folder ?? '', name), 'utf8')
    const trial = trialOf(text)
    isSound(trial)
    await holdsItsWord(trial, text)
  })
})

test('the coverage table', () => {
  const texts = [
    ['task-board', sample],
    ['library', library],
    ['bakery', bakery],
    ['functions', functions],
  ]
  for (const name of documents) texts.push([name, readFileSync(join(folder ?? '', name), 'utf8')])
  const rows = texts.map(([name = '', text = '']) => {
    const { covered, questions, units } = buildOf(text)
    return `${name.padEnd(26)} proven ${String(covered.length).padStart(3)}  asked ${String(questions.length).padStart(3)}  units ${units.length}`
  })
  process.stdout.write(`\n${rows.join('\n')}\n`)
  expect(rows.length).toBeGreaterThanOrEqual(4)
})

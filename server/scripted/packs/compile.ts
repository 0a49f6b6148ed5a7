import { openWords } from '#server/scripted/packs/choices'
import { commandLine } from '#server/scripted/packs/command-line'
import { constraintClaims } from '#server/scripted/packs/constraints'
import { crudApi } from '#server/scripted/packs/crud-api'
import type { Build, BuildUnit, Pack, Source, SourceStatement } from '#server/scripted/packs/ports'
import { pureFunctions } from '#server/scripted/packs/pure-functions'
import { type Claim, literal, taggedTest } from '#server/scripted/packs/sentence'
import { staticSite } from '#server/scripted/packs/static-site'

/** In the order of precedence: where two packs would write the same file, the first one does. */
const packs: Pack[] = [crudApi, staticSite, pureFunctions, commandLine]

/**
 * What the rules can truly build of a requirement: the same source gives the same build, byte for byte. Every statement
 * that asks for something is either covered by a tagged test of exactly that statement, or a question with a todo test.
 */
export function compile(source: Source): Build {
  const taken: { name: string; part: NonNullable<ReturnType<Pack['compile']>> }[] = []
  for (const pack of packs) {
    const part = pack.compile(source)
    if (part !== null && part.covered.length > 0 && !collides(part.units, taken)) taken.push({ name: pack.name, part })
  }
  const code = taken.flatMap(({ part }) => part.units)
  const constraints = code.length > 0 ? constraintClaims(source) : []
  const claimed = [...taken.flatMap(({ part }) => part.covered), ...constraints.map(({ ref, rule }) => ({ ref, rule }))]
  const covered = source.statements.flatMap((statement) => claimed.find((one) => one.ref === statement.ref) ?? [])
  const questions = questionsOf(source, new Set(covered.map((one) => one.ref)))
  const units = [...code]
  if (code.length > 1 || constraints.length > 0) units.push(integrationUnit(code, constraints))
  if (questions.length > 0) units.push(questionUnit(questions))
  return {
    packs: taken.map(({ name }) => name),
    summary: summaryOf(
      source,
      taken.map(({ part }) => part.summary),
      covered.length,
      questions.length,
    ),
    units,
    covered,
    questions,
  }
}

function collides(units: BuildUnit[], taken: { part: { units: BuildUnit[] } }[]): boolean {
  const used = taken.flatMap(({ part }) => part.units)
  const paths = new Set(used.flatMap((unit) => unit.files.map((file) => file.path)))
  return units.some(
    (unit) => used.some((one) => one.key === unit.key) || unit.files.some((file) => paths.has(file.path)),
  )
}

/** Shown in a question: short, on one line, without signs that mean something in a terminal or in Markdown. */
function quoted(text: string): string {
  const line = text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const signs = [...line]
  return signs.length > 160 ? `${signs.slice(0, 159).join('')}…` : line
}

const language =
  /\b(Python|Java(?!Script)|Vue|React|Angular|Ruby|PHP|Rust|Go(?:lang)|C\+\+|C#|Kotlin|Swift|Django|Spring)\b/

function questionText(statement: SourceStatement): string {
  const said = quoted(statement.text)
  const technology = language.exec(statement.text)?.[1]
  const choice = openWords(statement)
  if (choice)
    return `Which way is wanted: “${choice.options[0]}” or “${choice.options[1]}”? The text leaves it open: “${said}”`
  if (technology)
    return `The scripted provider writes JavaScript for Node and cannot meet this: “${said}” Is JavaScript acceptable instead?`
  if (statement.kind === 'quality')
    return `Which measurement, on which machine and with which data, shall show this? “${said}”`
  if (statement.kind === 'constraint')
    return `No rule tests this constraint, so it is not claimed. What would show that it is kept? “${said}”`
  return `No rule builds and tests exactly this sentence. Which input and which result would show it? “${said}”`
}

function questionsOf(source: Source, covered: Set<string>): Build['questions'] {
  const counted = source.statements.filter((statement) => statement.kind !== 'context')
  // a text that asks for nothing is put to a person as a whole
  const asked = counted.length > 0 ? counted : source.statements.slice(0, 1)
  return asked
    .filter((statement) => !covered.has(statement.ref))
    .map((statement) => ({ statement: statement.ref, text: questionText(statement) }))
}

function summaryOf(source: Source, parts: string[], covered: number, asked: number): string {
  const names = source.statements.flatMap((one) =>
    one.kind === 'constraint' ? (language.exec(one.text)?.[1] ?? []) : [],
  )
  const others = [...new Set(names)].join(' and ')
  const code = parts.length > 0
  return [
    code ? parts.join(' ') : 'No rule can build anything of this text without guessing, so no code is written.',
    `${covered} of ${covered + asked} statements are built and have a test of their own; ${asked} are questions to a person.`,
    others && code
      ? `The requirement asks for ${others}; the code written here is JavaScript for Node, so that is not met.`
      : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ')
}

function testFiles(units: BuildUnit[]): string[] {
  return units.flatMap((unit) =>
    unit.files.map((file) => file.path).filter((path) => /^tests\/.*\.test\.js$/.test(path)),
  )
}

/** Brings the parts together: one package description, how to use it, and every test in one command. */
function integrationUnit(code: BuildUnit[], claims: Claim[]): BuildUnit {
  const refs = [...new Set([...code.flatMap((unit) => unit.statements), ...claims.map((claim) => claim.ref)])]
  const tests = [...testFiles(code), 'tests/integration.test.js']
  return {
    key: 'integration',
    title: 'All parts together',
    kind: 'integrate',
    capability: 'integration',
    instructions: 'Describe the package and how to use it, and run the tests of every part together.',
    dependsOn: code.map((unit) => unit.key),
    statements: refs,
    files: [
      { path: 'implementation/package.json', text: `${JSON.stringify({ private: true, type: 'module' }, null, 2)}\n` },
      { path: 'documentation/usage.md', text: usageText(code) },
      { path: 'tests/integration.test.js', text: integrationTests(code, claims) },
    ],
    acceptance: [
      {
        id: 'A1',
        text: 'The tests of every part pass together.',
        command: `node --test ${tests.join(' ')}`,
        proves: [
          ...new Set([
            ...code.flatMap((unit) => unit.acceptance.flatMap((one) => one.proves)),
            ...claims.map((claim) => claim.ref),
          ]),
        ],
      },
    ],
  }
}

function usageText(code: BuildUnit[]): string {
  const files = code.flatMap((unit) => unit.files.map((file) => `- \`${file.path}\` (${unit.title})`))
  const isServer = code.some((unit) => unit.files.some((file) => file.path === 'implementation/src/main.js'))
  const start =
    'Start the API with `node implementation/src/main.js`; PORT and DATA_FILE in the environment change its defaults.'
  const lines = [
    '# Usage',
    'Everything runs on Node 20 or newer without any package. Run all tests with `node --test`.',
    ...(isServer ? [start] : []),
    '## Files',
    files.join('\n'),
  ]
  return `${lines.join('\n\n')}\n`
}

function integrationTests(code: BuildUnit[], claims: Claim[]): string {
  const files = code
    .flatMap((unit) => unit.files.map((file) => file.path))
    .filter((path) => path.startsWith('implementation/'))
  return `import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

test('every file of the build is there and described', () => {
  const usage = readFileSync('documentation/usage.md', 'utf8')
  for (const path of ${literal(files)}) {
    assert.ok(existsSync(path), path)
    assert.ok(usage.includes(path), path)
  }
  assert.equal(JSON.parse(readFileSync('implementation/package.json', 'utf8')).type, 'module')
  assert.ok(readdirSync('tests').includes('integration.test.js'))
})

${claims.map(taggedTest).join('\n')}`
}

/** One todo test for each open question: visible in every report, proving nothing. */
function questionUnit(questions: Build['questions']): BuildUnit {
  const todos = questions.map(({ statement, text }) => `test.todo(${literal(`[${statement}] ${text}`)})`)
  return {
    key: 'open-questions',
    title: 'Open questions',
    kind: 'analyze',
    capability: 'analysis',
    instructions: 'Write down every statement that no rule builds as a todo test, so that it stays visible.',
    dependsOn: [],
    statements: questions.map((question) => question.statement),
    files: [
      { path: 'tests/open-questions.test.js', text: `import { test } from 'node:test'\n\n${todos.join('\n')}\n` },
    ],
    acceptance: [
      {
        id: 'A1',
        text: 'The open questions are listed.',
        command: 'node --test tests/open-questions.test.js',
        proves: [],
      },
    ],
  }
}

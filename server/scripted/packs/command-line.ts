import { fieldRules } from '#server/scripted/packs/crud-field-rules'
import { type CrudModel, type Entity, readEntities } from '#server/scripted/packs/crud-model'
import type { BuildUnit, Pack, Source } from '#server/scripted/packs/ports'
import { type Claim, identifier, literal, plural, simplified, taggedTest } from '#server/scripted/packs/sentence'

/** What a command has to count: the records of one entity by one field with fixed values. */
interface Counter {
  command: string
  collection: string
  field: string
  values: string[]
}

const counts =
  /^the command [`"]([a-z][a-z-]{1,30}) <file>[`"] prints how many ([a-z]+) (?:each|every) ([a-z ]+?) has,? one line (?:per|for each) ([a-z ]+?),? (?:like|such as|as in) [`"]([a-z-]+): \d+[`"]$/i
const missing =
  /^if the file does not exist,? the command [`"]([a-z][a-z-]{1,30})[`"] ends with exit code (\d{1,3}) and a message on standard error$/i
const asJson = /^with [`"]--json[`"],? the command [`"]([a-z][a-z-]{1,30})[`"] prints the same counts as json$/i

/** Commands over the data file of what the requirement keeps. */
export const commandLine: Pack = {
  name: 'command-line',
  compile(source) {
    const entities = knownEntities(source)
    const counter = readCounter(source, entities)
    if (counter === null) return null
    const claims = source.statements.flatMap((statement) => claimOf(statement.ref, simplified(statement), counter))
    return {
      units: [unitOf(counter, claims)],
      covered: claims.map(({ ref, rule }) => ({ ref, rule })),
      summary: `A command (${counter.command}) that reads the data file, with tests that run it as a process.`,
    }
  },
}

/** The entities with the values of their fields, as the rules about fields give them. */
function knownEntities(source: Source): Entity[] {
  const model: CrudModel = { entities: readEntities(source), persistent: false, choice: null }
  for (const statement of source.statements) {
    const line = simplified(statement)
    if (line !== null) fieldRules.some((rule) => rule(line, model) !== null)
  }
  return model.entities
}

function readCounter(source: Source, entities: Entity[]): Counter | null {
  for (const statement of source.statements) {
    const match = counts.exec(simplified(statement) ?? '')
    const entity = entities.find((one) => one.nouns === match?.[2]?.toLowerCase())
    const field = entity?.fields.find((one) => one.key === identifier(match?.[3] ?? ''))
    const isSame = match?.[3] === match?.[4] && field?.oneOf.includes(match?.[5] ?? '')
    if (!match || !entity || !field || !isSame || field.oneOf.length < 2) continue
    return { command: (match[1] ?? '').toLowerCase(), collection: entity.path, field: field.key, values: field.oneOf }
  }
  return null
}

function claimOf(ref: string, line: string | null, counter: Counter): Claim[] {
  const name = (match: RegExpExecArray | null) => match?.[1]?.toLowerCase() === counter.command
  const fails = missing.exec(line ?? '')
  if (name(counts.exec(line ?? '')))
    return [
      { ref, rule: 'command prints counts', says: 'one line per value, with its number', body: countBody(counter) },
    ]
  if (name(asJson.exec(line ?? '')))
    return [{ ref, rule: 'command prints JSON', says: 'the counts as JSON', body: jsonBody(counter) }]
  // the one exit code the program has for this
  if (!name(fails) || fails?.[2] !== '2') return []
  return [
    { ref, rule: 'command fails on a missing file', says: 'a missing file ends with exit code 2', body: missingBody },
  ]
}

function sampleData(counter: Counter): { text: string; expected: Record<string, number> } {
  const [first = '', second = ''] = counter.values
  const records = [first, second, first, first].map((value, at) => ({ id: String(at + 1), [counter.field]: value }))
  // an archived record is no longer on the board
  const all = [...records, { id: '5', [counter.field]: second, archived: true }]
  const expected = { ...Object.fromEntries(counter.values.map((value) => [value, 0])), [first]: 3, [second]: 1 }
  return { text: JSON.stringify({ lastId: 5, collections: { [counter.collection]: all } }), expected }
}

function countBody(counter: Counter): string {
  const { text, expected } = sampleData(counter)
  const lines = counter.values.map((value) => `${value}: ${expected[value]}\n`).join('')
  const empty = counter.values.map((value) => `${value}: 0\n`).join('')
  return `assert.deepEqual(run(${literal(text)}), { code: 0, output: ${literal(lines)}, errors: '' })
assert.deepEqual(run('{"lastId":0,"collections":{}}'), { code: 0, output: ${literal(empty)}, errors: '' })`
}

function jsonBody(counter: Counter): string {
  const { text, expected } = sampleData(counter)
  return `const { code, output } = run(${literal(text)}, '--json')
assert.equal(code, 0)
assert.deepEqual(JSON.parse(output), ${literal(expected)})`
}

const missingBody = `const { code, output, errors } = run(null)
assert.equal(code, 2)
assert.equal(output, '')
assert.match(errors, /does not exist/)`

function program(counter: Counter): string {
  return `import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const collection = ${literal(counter.collection)}
const field = ${literal(counter.field)}
const values = ${literal(counter.values)}
${String.raw`
function fail(message) {
  process.stderr.write(message + '\n')
  process.exit(2)
}

function options() {
  try {
    return parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false } } })
  } catch (error) {
    return fail(error.message)
  }
}

const { values: flags, positionals } = options()
const [file] = positionals
if (positionals.length !== 1) fail('one file is expected: the data file of the service')
if (!existsSync(file)) fail('the file ' + file + ' does not exist')

const counted = Object.fromEntries(values.map((value) => [value, 0]))
for (const record of JSON.parse(readFileSync(file, 'utf8')).collections[collection] ?? []) {
  if (!record.archived && Object.hasOwn(counted, record[field])) counted[record[field]] += 1
}
const lines = values.map((value) => value + ': ' + counted[value] + '\n')
process.stdout.write(flags.json ? JSON.stringify(counted) + '\n' : lines.join(''))
`}`
}

function unitOf(counter: Counter, claims: Claim[]): BuildUnit {
  const refs = claims.map((claim) => claim.ref)
  const path = `implementation/commands/${counter.command}.js`
  const test = `tests/command-${counter.command}.test.js`
  const text = `import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

/** Runs the command as a process; without a text the file does not exist. */
function run(text, ...flags) {
  const folder = mkdtempSync(join(tmpdir(), 'command-'))
  try {
    const file = join(folder, 'data.json')
    if (text !== null) writeFileSync(file, text)
    const env = { ...process.env, NODE_NO_WARNINGS: '1' }
    const made = spawnSync(process.execPath, [${literal(path)}, file, ...flags], { encoding: 'utf8', env })
    return { code: made.status, output: made.stdout, errors: made.stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

${claims.map(taggedTest).join('\n')}`
  return {
    key: `command-${counter.command}`,
    title: `The command ${counter.command}`,
    kind: 'implement',
    capability: 'code',
    instructions: `Write the command ${counter.command}: it reads the ${plural('file')} the service keeps and prints the counts.`,
    dependsOn: [],
    statements: refs,
    files: [
      { path, text: program(counter) },
      { path: test, text },
    ],
    acceptance: [{ id: 'A1', text: 'The command prints what is asked.', command: `node --test ${test}`, proves: refs }],
  }
}

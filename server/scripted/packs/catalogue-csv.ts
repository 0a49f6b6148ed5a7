import type { CatalogueEntry } from '#server/scripted/packs/catalogue-model'

const source = String.raw`import { readFileSync, writeFileSync } from 'node:fs'

/**
 * The records of a CSV text as lists of fields (RFC 4180: quoted fields, doubled quotes, line breaks inside quotes).
 * Every one of the delimiters separates fields.
 */
export function parseCsv(text, delimiters = [',']) {
  const rows = []
  let row = []
  let field = ''
  let isQuoted = false
  let at = 0
  const endField = () => {
    row.push(field)
    field = ''
  }
  const endRow = () => {
    endField()
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  while (at < text.length) {
    const sign = text[at]
    const delimiter = isQuoted ? undefined : delimiters.find((one) => one !== '' && text.startsWith(one, at))
    if (isQuoted && sign === '"' && text[at + 1] === '"') {
      field += '"'
      at += 1
    } else if (sign === '"' && (isQuoted || field === '')) isQuoted = !isQuoted
    else if (delimiter !== undefined) {
      endField()
      at += delimiter.length - 1
    } else if (!isQuoted && (sign === '\n' || sign === '\r')) {
      if (sign === '\r' && text[at + 1] === '\n') at += 1
      endRow()
    } else field += sign
    at += 1
  }
  if (field !== '' || row.length > 0) endRow()
  return rows
}

/** The column names and the data rows of a CSV file. */
export function readCsvFile(path, delimiters) {
  const [columns = [], ...rows] = parseCsv(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''), delimiters)
  return { columns, rows }
}

/** Columns that share their first word ("birth day", "birth month") are nested below it. */
export function generateSchema(columns) {
  const firstWord = (column) => column.slice(0, Math.max(0, column.indexOf(' ')))
  const schema = {}
  for (const column of columns) {
    const group = firstWord(column)
    const isShared = group !== '' && !columns.includes(group) && columns.filter((one) => firstWord(one) === group).length > 1
    if (isShared) schema[group] = { ...schema[group], [column.slice(group.length + 1)]: column }
    else schema[column] = column
  }
  return schema
}

/** One object per row: a text in the schema names a column, an object in it nests. */
export function toNested(columns, rows, schema = generateSchema(columns)) {
  const build = (part, row) => {
    if (typeof part === 'string') return row[columns.indexOf(part)] ?? null
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, build(inner, row)]))
  }
  return rows.map((row) => build(schema, row))
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
}

/** JSON with sorted keys, indented by two blanks, with a line break at its end. */
export function toJson(value) {
  return JSON.stringify(sorted(value), null, 2) + '\n'
}

export function writeJsonFile(path, value) {
  writeFileSync(path, toJson(value))
}
`

const inFolder = (body: string) => `const folder = mkdtempSync(join(tmpdir(), 'csv-'))
try {
${body.replaceAll(/^/gm, '  ')}
} finally {
  rmSync(folder, { recursive: true, force: true })
}`

/** CSV to nested JSON. */
export const csvFunctions: CatalogueEntry = {
  key: 'csv-json',
  title: 'CSV to nested JSON',
  source: () => source,
  names: [],
  parameters: {},
  testImports: `import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
`,
  rules: [
    {
      asks: /^ability to read csv files and extract column names and data rows$/i,
      rule: 'columns and rows of a CSV file',
      says: 'column names and data rows are read from a CSV file',
      body: () =>
        inFolder(String.raw`const file = join(folder, 'a.csv')
writeFileSync(file, 'name,"a ""b""",note\r\nTommy,1,"two\nlines, and a comma"\nClara,,x')
const { columns, rows } = made.readCsvFile(file)
assert.deepEqual(columns, ['name', 'a "b"', 'note'])
assert.deepEqual(rows, [['Tommy', '1', 'two\nlines, and a comma'], ['Clara', '', 'x']])
writeFileSync(file, '\uFEFFonly\n')
assert.deepEqual(made.readCsvFile(file), { columns: ['only'], rows: [] })`),
    },
    {
      asks: /^support for custom delimiters within csv files(?: for enhanced parsing flexibility)?$/i,
      rule: 'custom CSV delimiters',
      says: 'fields are separated by the delimiters given',
      body: () =>
        inFolder(String.raw`const file = join(folder, 'a.csv')
for (const delimiter of [';', '\t', '|', '::', ',']) {
  writeFileSync(file, ['a', 'b', 'c'].join(delimiter) + '\n' + ['1', '"x' + delimiter + 'y"', '3'].join(delimiter) + '\n')
  assert.deepEqual(made.readCsvFile(file, [delimiter]), { columns: ['a', 'b', 'c'], rows: [['1', 'x' + delimiter + 'y', '3']] })
}
assert.deepEqual(made.parseCsv('a;b|c,d', [';', '|']), [['a', 'b', 'c,d']])`),
    },
    {
      asks: /^conversion of flat csv data into a nested json structure using a custom or automatically generated schema$/i,
      rule: 'nested by a given or generated schema',
      says: 'flat rows become nested objects by a given or a generated schema',
      body: () => String.raw`const [columns, ...rows] = made.parseCsv('name,birth day,birth month,age (years)\nTommy,11,April,5\nClara,6,May,2\n')
assert.deepEqual(made.toNested(columns, rows), [
  { name: 'Tommy', birth: { day: '11', month: 'April' }, 'age (years)': '5' },
  { name: 'Clara', birth: { day: '6', month: 'May' }, 'age (years)': '2' },
])
const schema = { who: 'name', facts: { born: { in: 'birth month' } } }
assert.deepEqual(made.toNested(columns, rows, schema), [
  { who: 'Tommy', facts: { born: { in: 'April' } } },
  { who: 'Clara', facts: { born: { in: 'May' } } },
])`,
    },
    {
      asks: /^output json files with proper indentation and sorted keys(?: for readability)?$/i,
      rule: 'indented JSON with sorted keys',
      says: 'JSON files are indented and their keys sorted at every level',
      body: () =>
        inFolder(String.raw`const file = join(folder, 'a.json')
made.writeJsonFile(file, [{ b: 1, a: { d: 2, c: [{ f: 1, e: 2 }] } }])
const text = readFileSync(file, 'utf8')
assert.deepEqual(text.split('\n'), ['[', '  {', '    "a": {', '      "c": [', '        {', '          "e": 2,', '          "f": 1', '        }', '      ],', '      "d": 2', '    },', '    "b": 1', '  }', ']', ''])`),
    },
  ],
}

import type { Build, BuildUnit, Source } from '../packs/ports'

export type Compile = (source: Source) => Build

/** A planner's limit: an integrating task may wait for at most this many tasks. */
const MAX_DEPENDENCIES = 10

const COVERAGE_PATH = 'documentation/coverage.md'
const OPEN_TESTS_PATH = 'tests/open-statements.test.js'

export interface WholeBuild extends Build {
  /** the packs' units, and at the end the one that brings everything together */
  units: BuildUnit[]
}

/**
 * The packs' build, completed to something a planner can accept: a last unit that runs every test and writes the table
 * of what is covered, a todo test for every statement nobody builds, and a question for every statement left over.
 */
export function wholeBuild(source: Source, compile: Compile): WholeBuild {
  const build = compile(source)
  const units = withoutTooManySinks(build.units)
  const questions = [...build.questions, ...leftOver(source, build)]
  return { ...build, units: [...units, integration(source, { ...build, units, questions })], questions }
}

/** Statements that no unit works on and no question asks about. Background prose needs neither. */
function leftOver(source: Source, build: Build): Build['questions'] {
  const named = new Set([
    ...build.questions.map((question) => question.statement),
    ...build.units.flatMap((unit) => [...unit.statements, ...unit.acceptance.flatMap((item) => item.proves)]),
    ...build.covered.map((item) => item.ref),
  ])
  return source.statements.flatMap(({ ref, kind, text }) =>
    kind === 'context' || named.has(ref)
      ? []
      : [
          {
            statement: ref,
            text: `No rule of the scripted provider builds or tests this: “${shorten(text)}”. Shall it wait for an agent with a model, be reworded, or be dropped?`,
          },
        ],
  )
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}

/** More ends than one task may wait for are put in rows, so that the last of each row stands for all of it. */
function withoutTooManySinks(units: readonly BuildUnit[]): BuildUnit[] {
  const needed = new Set(units.flatMap((unit) => unit.dependsOn))
  const sinks = units.filter((unit) => !needed.has(unit.key)).map((unit) => unit.key)
  return units.map((unit) => {
    const position = sinks.indexOf(unit.key)
    const before = position >= MAX_DEPENDENCIES ? sinks[position - MAX_DEPENDENCIES] : undefined
    return before === undefined ? unit : { ...unit, dependsOn: [...unit.dependsOn, before] }
  })
}

function integration(source: Source, build: Build): BuildUnit {
  const needed = new Set(build.units.flatMap((unit) => unit.dependsOn))
  const paths = build.units.flatMap((unit) => unit.files.map((file) => file.path))
  const tests = paths.filter((path) => /^tests\/.*\.test\.m?js$/.test(path))
  const texts = build.units.flatMap((unit) => unit.files).map((file) => file.text)
  const untested = build.questions.filter(({ statement }) => !texts.some((text) => text.includes(`[${statement}]`)))
  const openTests = openTestFile(source, untested.map((question) => question.statement))
  const suite = [...tests, ...(openTests === null ? [] : [OPEN_TESTS_PATH])]
  const covered = build.covered.map((item) => item.ref)
  const proved = new Set(build.units.flatMap((unit) => unit.acceptance.flatMap((item) => item.proves)))
  return {
    key: 'whole',
    title: 'Run every check together and write the coverage table',
    kind: 'integrate',
    capability: 'integration',
    instructions: `Write ${COVERAGE_PATH}: for each statement the rule and the test that prove it, or the question that is open. Then run all tests together.`,
    dependsOn: build.units.filter((unit) => !needed.has(unit.key)).map((unit) => unit.key),
    statements: covered,
    files: [
      { path: COVERAGE_PATH, text: coverageTable(source, build) },
      ...(openTests === null ? [] : [{ path: OPEN_TESTS_PATH, text: openTests }]),
    ],
    acceptance: [
      {
        id: 'A1',
        text: 'All tests pass together.',
        // Files by name: Node 20 takes folders and no globs, Node 24 takes globs and no folders.
        command:
          suite.length > 0
            ? `node --test --test-reporter=tap ${suite.map(shellWord).join(' ')}`
            : `test -s ${COVERAGE_PATH}`,
        proves: covered.filter((ref) => proved.has(ref)),
      },
    ],
  }
}

function shellWord(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function openTestFile(source: Source, refs: readonly string[]): string | null {
  if (refs.length === 0) return null
  const lines = [...new Set(refs)].map((ref) => {
    const statement = source.statements.find((each) => each.ref === ref)
    return `test.todo(${JSON.stringify(`[${ref}] ${shorten(statement?.text ?? '')}`)})`
  })
  return `// Scripted: statements that no rule builds. A todo test proves nothing; it keeps the statement in sight.\nimport test from 'node:test'\n\n${lines.join('\n')}\n`
}

function coverageTable(source: Source, build: Build): string {
  const rules = new Map(build.covered.map((item) => [item.ref, item.rule]))
  const asked = new Set(build.questions.map((question) => question.statement))
  const rows = source.statements.map(({ ref, kind, text }) => {
    const rule = rules.get(ref)
    const state = rule !== undefined ? 'a test exists' : asked.has(ref) ? 'not built, asked' : kind === 'context' ? 'background' : 'not built'
    return `| ${ref} | ${kind} | ${shorten(text).replaceAll('|', '\\|')} | ${state} | ${(rule ?? '').replaceAll('|', '\\|')} |`
  })
  return [
    '# Coverage',
    '',
    'Written by the scripted provider; no AI model took part. Whether a test passes is decided by the orchestrator, not here.',
    '',
    `Packs: ${build.packs.join(', ') || 'none'}`,
    '',
    '| Statement | Kind | Text | State | Rule |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

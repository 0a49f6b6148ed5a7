import type { Build, BuildUnit, Source } from '#server/scripted/packs/ports'

export type Compile = (source: Source) => Build

/** A planner's limit: an integrating task may wait for at most this many tasks. */
const MAX_DEPENDENCIES = 10

const WHOLE = 'whole'
const COVERAGE_PATH = 'documentation/coverage.md'
const OPEN_TESTS_PATH = 'tests/open-statements.test.js'

export interface WholeUnit extends BuildUnit {
  /** Paths the task may write: its files or, while a choice is open, those of every way to settle it. */
  owns: string[]
}

export interface WholeBuild extends Build {
  /** the packs' units, and at the end the one that brings everything together */
  units: WholeUnit[]
}

/**
 * The packs' build, completed to something a planner can accept: a last unit that runs every test and writes the table
 * of what is covered, a todo test for every statement nobody builds, and a question for every statement left over.
 */
export function wholeBuild(source: Source, compile: Compile): WholeBuild {
  const build = compile(source)
  const units = withoutTooManySinks(build.units).map((unit) => ({
    ...unit,
    owns: pathsOf(unit, source, compile),
    acceptance: unit.acceptance.map((item) => ({ ...item, command: withTap(item.command) })),
  }))
  const questions = [...build.questions, ...leftOver(source, build)]
  return { ...build, units: [...units, integration(source, { ...build, units, questions })], questions }
}

/** TAP is what the proofs are read from, and from Node 23 on it is no longer what a pipe gets by itself. */
function withTap(command: string): string {
  return command.includes('--test-reporter')
    ? command
    : command.replaceAll(/\bnode --test /g, 'node --test --test-reporter=tap ')
}

function pathsOf(unit: BuildUnit, source: Source, compile: Compile): string[] {
  const paths = new Set(unit.files.map((file) => file.path))
  for (const option of unit.choice?.options ?? []) {
    const answer = { question: unit.choice?.question ?? '', answer: option.label, comment: '' }
    const settled = compile({ ...source, answers: [...source.answers, answer] }).units.find(
      (each) => each.key === unit.key,
    )
    for (const file of settled?.files ?? []) paths.add(file.path)
  }
  return [...paths]
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

function integration(source: Source, build: WholeBuild): WholeUnit {
  const needed = new Set(build.units.flatMap((unit) => unit.dependsOn))
  const tests = build.units.flatMap((unit) => unit.owns).filter((path) => /^tests\/.*\.test\.m?js$/.test(path))
  const texts = build.units.flatMap((unit) => unit.files).map((file) => file.text)
  const untested = build.questions
    .map((question) => question.statement)
    .filter((ref) => !texts.some((text) => text.includes(`[${ref}]`)))
  const covered = build.covered.map((item) => item.ref)
  const proved = new Set(build.units.flatMap((unit) => unit.acceptance.flatMap((item) => item.proves)))
  return {
    key: WHOLE,
    title: 'Run every check together and write the coverage table',
    kind: 'integrate',
    capability: 'integration',
    instructions: `Write ${COVERAGE_PATH}: for each statement the rule and the test that prove it, or the question that is open. Then run all tests together.`,
    dependsOn: build.units.filter((unit) => !needed.has(unit.key)).map((unit) => unit.key),
    statements: covered,
    owns: untested.length > 0 ? [COVERAGE_PATH, OPEN_TESTS_PATH] : [COVERAGE_PATH],
    files: [
      { path: COVERAGE_PATH, text: coverageTable(source, build) },
      { path: OPEN_TESTS_PATH, text: openTestFile(source, untested) },
    ],
    acceptance: [
      {
        id: 'A1',
        text: 'All tests pass together.',
        command: suiteCommand(untested.length > 0 ? [...tests, OPEN_TESTS_PATH] : tests),
        proves: covered.filter((ref) => proved.has(ref)),
      },
    ],
  }
}

/** Files by name: Node 20 takes folders and no globs, Node 24 takes globs and no folders. */
function suiteCommand(files: readonly string[]): string {
  if (files.length === 0) return `test -s ${COVERAGE_PATH}`
  return `node --test --test-reporter=tap ${[...new Set(files)].map(shellWord).join(' ')}`
}

/**
 * The unit a task was made of, with the files the task may write. Null for a plan by somebody else. Answers that came
 * since the plan may have changed what a unit writes, so paths may be fewer than the task owns, never more.
 */
export function unitOf(build: WholeBuild, task: { title: string; owns: readonly string[] }): WholeUnit | null {
  const owned = new Set(task.owns)
  const same = (unit: WholeUnit): boolean =>
    unit.owns.length === owned.size && unit.owns.every((path) => owned.has(path))
  const found =
    build.units.find(same) ??
    build.units.find(
      (unit) => unit.title === task.title && (unit.key === WHOLE || unit.owns.every((path) => owned.has(path))),
    )
  return found ? { ...found, files: found.files.filter((file) => owned.has(file.path)) } : null
}

function shellWord(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function openTestFile(source: Source, refs: readonly string[]): string {
  const lines = [...new Set(refs)].map((ref) => {
    const statement = source.statements.find((each) => each.ref === ref)
    return `test.todo(${JSON.stringify(`[${ref}] ${shorten(statement?.text ?? '')}`)})`
  })
  return `// Scripted: statements that no rule builds. A todo test proves nothing; it keeps the statement in sight.\nimport test from 'node:test'\n\n${lines.join('\n') || "test('no statement is open', () => undefined)"}\n`
}

function coverageTable(source: Source, build: Build): string {
  const rules = new Map(build.covered.map((item) => [item.ref, item.rule]))
  const asked = new Set(build.questions.map((question) => question.statement))
  const rows = source.statements.map(({ ref, kind, text }) => {
    const rule = rules.get(ref)
    const state =
      rule !== undefined
        ? 'a test exists'
        : asked.has(ref)
          ? 'not built, asked'
          : kind === 'context'
            ? 'background'
            : 'not built'
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

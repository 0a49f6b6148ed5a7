import { expect, test } from 'vitest'
import type { PlanContent, PlanTask } from '../model'
import { checkPlan, type PlanWorld, type Problem } from './plan-check'

const world: PlanWorld = {
  capabilities: ['analysis', 'code', 'validation'],
  statements: [
    { ref: 'S1', kind: 'context' },
    { ref: 'S2', kind: 'behaviour' },
    { ref: 'S3', kind: 'constraint' },
  ],
}

function task(id: string, changes: Partial<PlanTask> = {}): PlanTask {
  return {
    id,
    title: `Task ${id}`,
    kind: 'implement',
    capability: 'code',
    instructions: 'Build it.',
    dependsOn: [],
    statements: ['S2'],
    owns: [`implementation/${id}.js`],
    reads: [],
    acceptance: [{ id: 'A1', text: 'works', command: 'node --test', proves: ['S2'] }],
    risk: 'low',
    rationale: 'needed',
    ...changes,
  }
}

function plan(changes: Partial<PlanContent> = {}): PlanContent {
  return {
    summary: 'A plan',
    assumptions: [],
    questions: [{ statement: 'S3', text: 'Which licence?' }],
    tasks: [task('T1'), task('T2', { kind: 'test', dependsOn: ['T1'] })],
    ...changes,
  }
}

function problemsOf(content: unknown): Problem[] {
  const verdict = checkPlan(typeof content === 'string' ? content : JSON.stringify(content), world)
  return verdict.ok ? [] : verdict.problems
}

test('a good plan passes, also in a Markdown fence', () => {
  expect(problemsOf(plan())).toEqual([])
  expect(problemsOf(`\`\`\`json\n${JSON.stringify(plan())}\n\`\`\``)).toEqual([])
})

const last = (changes: Partial<PlanTask>) =>
  plan({ tasks: [task('T1'), task('T2', { kind: 'test', dependsOn: ['T1'], ...changes })] })

test.each<[string, unknown, Problem['code'], RegExp]>([
  ['no JSON', 'Here is the plan:', 'not-json', /not one JSON object/],
  ['another shape', { tasks: 3 }, 'wrong-shape', /.+/],
  ['no tasks', plan({ tasks: [] }), 'empty', /no task/],
  ['41 tasks', plan({ tasks: Array.from({ length: 41 }, (_, i) => task(`T${i + 1}`)) }), 'too-many-tasks', /41 tasks/],
  ['a strange id', plan({ tasks: [task('first', { kind: 'test' })] }), 'bad-id', /"first"/],
  ['an id twice', plan({ tasks: [task('T1'), task('T1', { kind: 'test' })] }), 'duplicate-id', /T1/],
  ['an unknown dependency', last({ dependsOn: ['T1', 'T9'] }), 'unknown-dependency', /T9/],
  ['itself', last({ dependsOn: ['T1', 'T2'] }), 'self-dependency', /itself/],
  ['eleven dependencies', last({ dependsOn: Array.from({ length: 11 }, () => 'T1') }), 'too-many-dependencies', /11/],
  ['no agent for it', last({ capability: 'integration' }), 'unknown-capability', /integration/],
  ['no acceptance', last({ acceptance: [] }), 'no-acceptance', /T2/],
  ['an empty command', last({ acceptance: [{ id: 'A1', text: '', command: ' ', proves: [] }] }), 'no-command', /A1/],
  ['a way out', last({ owns: ['../../etc/passwd'] }), 'unsafe-path', /etc\/passwd/],
  ['git itself', last({ owns: ['.git/config'] }), 'unsafe-path', /\.git/],
  ['no file', last({ owns: [] }), 'no-files', /owns no file/],
  ['an unknown statement', last({ statements: ['S77'] }), 'unknown-statement', /S77/],
  ['a forgotten statement', plan({ questions: [] }), 'uncovered-statement', /S3/],
  ['work nobody checks', plan({ tasks: [task('T1')] }), 'orphan-sink', /T1/],
])('refuses %s', (_name, content, code, message) => {
  const found = problemsOf(content).find((problem) => problem.code === code)
  expect(found?.message).toMatch(message)
})

test('names the circle by its path', () => {
  const tasks = [
    task('T1', { dependsOn: ['T3'] }),
    task('T2', { dependsOn: ['T1'] }),
    task('T3', { dependsOn: ['T2'] }),
  ]
  expect(problemsOf(plan({ tasks }))).toContainEqual(
    expect.objectContaining({ code: 'cycle', message: expect.stringContaining('T1 → T3 → T2 → T1') }),
  )
})

test('two tasks that may run together must not own the same files; in order they may', () => {
  const both = (dependsOn: string[]) => [
    task('T1', { owns: ['implementation/**'] }),
    task('T2', { owns: ['implementation/app.js'], dependsOn }),
    task('T3', { kind: 'test', owns: ['tests/**'], dependsOn: ['T1', 'T2'] }),
  ]
  expect(problemsOf(plan({ tasks: both([]) })).map((problem) => problem.code)).toEqual(['write-conflict'])
  expect(problemsOf(plan({ tasks: both(['T1']) }))).toEqual([])
})

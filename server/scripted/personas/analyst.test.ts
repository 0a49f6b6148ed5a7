import { expect, test } from 'vitest'
import { block } from '#server/kernel/blocks'
import { planSchema } from '#server/planner/model'
import { checkPlan } from '#server/planner/rules/plan-check'
import type { Conversation } from '#server/scripted/model'
import type { Build, BuildUnit } from '#server/scripted/packs/ports'
import { analyst } from '#server/scripted/personas/analyst'

const statements = Array.from({ length: 25 }, (_, index) => ({
  ref: `S${index + 1}`,
  kind: 'behaviour' as const,
  section: '',
  text: `Statement ${index + 1}, with a | and a <tag>`,
}))

function unit(number: number): BuildUnit {
  return {
    key: `unit-${number}`,
    title: `Unit ${number}`,
    kind: 'implement',
    capability: 'code',
    instructions: '',
    dependsOn: [],
    statements: [`S${number}`],
    files: [{ path: `tests/it${number}.test.js`, text: `test('[S${number}] x')` }],
    acceptance: [{ id: 'A1', text: '', command: `node --test tests/it${number}.test.js`, proves: [`S${number}`] }],
  }
}

function building(count: number): () => Build {
  const units = Array.from({ length: count }, (_, index) => unit(index + 1))
  const covered = units.flatMap((each) => each.statements.map((ref) => ({ ref, rule: each.key })))
  return () => ({ packs: [], summary: '', units, covered, questions: [] })
}

function asked(capabilities: string[], ...repairs: object[][]): Conversation {
  const plan = [
    '<purpose>plan</purpose>',
    block('requirement', [{ title: 'x', text: '' }]),
    block('statements', statements),
    block('capabilities', [capabilities]),
  ].join('\n')
  const again = repairs.map((problems) => `<purpose>repair</purpose>\n${block('problems', problems)}`)
  const turns = [plan, ...again].map((text) => ({ role: 'user' as const, text }))
  return { model: 'scripted-analyst', system: '', tools: [], answer: null, turns }
}

const world = { capabilities: ['code', 'integration'] as const, statements }

test.each([0, 1, 10, 11, 25])('%d independent units make a plan that can be accepted', (count) => {
  const { text } = analyst(asked(['code', 'integration']), building(count))
  const verdict = checkPlan(text, world)
  expect(verdict).toMatchObject({ ok: true })
  const plan = planSchema.parse(JSON.parse(text))
  expect(plan.questions.map((question) => question.statement)).toEqual(statements.slice(count).map(({ ref }) => ref))
  const last = plan.tasks.at(-1)
  expect(last?.kind).toBe('integrate')
  const command = last?.acceptance[0]?.command ?? ''
  for (const task of plan.tasks.slice(0, -1)) expect(command).toContain(task.owns[0])
  expect(command.includes('open-statements')).toBe(count < 25)
})

test('a capability that nobody offers is replaced, and that is said', () => {
  const plan = planSchema.parse(JSON.parse(analyst(asked(['code']), building(1)).text))
  expect(plan.tasks.map((task) => task.capability)).toEqual(['code', 'code'])
  expect(plan.assumptions.join()).toContain('No agent offers “integration”')
})

test('named problems are mended: uncovered, unknown, conflicting', () => {
  const build = building(3)()
  const other: BuildUnit = {
    ...unit(3),
    key: 'odd',
    title: 'Odd',
    statements: ['S99'],
    files: [{ path: 'tests/it1.test.js', text: '' }],
  }
  const compile = () => ({
    ...build,
    units: [...build.units.slice(0, 2), { ...other, acceptance: unit(3).acceptance }],
  })
  const first = checkPlan(analyst(asked(['code', 'integration']), compile).text, world)
  const problems = first.ok ? [] : first.problems
  expect(problems.map((problem) => problem.code).sort()).toEqual(['unknown-statement', 'write-conflict'])
  const second = checkPlan(analyst(asked(['code', 'integration'], problems), compile).text, world)
  expect(second).toMatchObject({ ok: true })
})

import type { PlanContent, PlanTask } from '#server/planner/model'
import type { Conversation, Step } from '#server/scripted/model'
import type { BuildUnit, Source } from '#server/scripted/packs/ports'
import { type Brief, briefsOf, type ProblemBlock } from '#server/scripted/rules/blocks'
import { type Compile, type WholeBuild, wholeBuild } from '#server/scripted/rules/whole-build'

/** Writes the plan as structured output. On a repair it plans afresh and mends what the problems name. */
export function analyst(conversation: Conversation, compile: Compile): Step {
  const briefs = briefsOf(conversation)
  const brief = briefs.find((each) => each.purpose === 'plan')
  if (!brief)
    return answer('I have no requirement to plan.', '[scripted] There is no requirement in this conversation to plan.')
  const build = wholeBuild(sourceOf(brief), compile)
  const problems = briefs.filter((each) => each.purpose === 'repair').flatMap((each) => each.problems)
  const plan = problems.reduce(mend(brief), planOf(build, brief))
  const packs = build.packs.length > 0 ? build.packs.join(', ') : 'none'
  const repaired = problems.length > 0 ? ` ${problems.length} problems were named; I answer with a corrected plan.` : ''
  return answer(
    `[scripted] No model is thinking here: rules read ${brief.statements.length} statements. Packs that know something: ${packs}.${repaired}`,
    JSON.stringify(plan),
  )
}

function answer(thinking: string, text: string): Step {
  return { thinking, text, calls: [], stop: 'end' }
}

export function sourceOf(brief: Brief): Source {
  return { ...brief.requirement, statements: brief.statements, answers: brief.answers }
}

/** A task's number follows its place; implementers find their unit again by what it owns. */
function planOf(build: WholeBuild, brief: Brief): PlanContent {
  const ids = new Map(build.units.map((unit, index) => [unit.key, `T${index + 1}`]))
  const substituted = new Set<string>()
  const tasks = build.units.map((unit): PlanTask => {
    const capability = capabilityFor(unit, brief)
    if (capability !== unit.capability) substituted.add(unit.capability)
    return {
      id: ids.get(unit.key) ?? unit.key,
      title: unit.title,
      kind: unit.kind,
      capability,
      instructions: unit.instructions,
      dependsOn: unit.dependsOn.flatMap((key) => ids.get(key) ?? []),
      statements: unit.statements,
      owns: unit.owns,
      reads: [],
      acceptance: unit.acceptance,
      risk: 'low',
      rationale: 'Compiled by a rule of the scripted provider; the same requirement gives the same task.',
    }
  })
  return {
    summary: `[scripted] ${build.summary}`,
    assumptions: [
      'Planned by fixed rules, without an AI model: only what a rule can build and test is planned.',
      ...[...substituted].map((name) => `No agent offers “${name}”; another one takes those tasks.`),
    ],
    questions: build.questions,
    tasks,
  }
}

function capabilityFor(unit: BuildUnit, brief: Brief): PlanTask['capability'] {
  const enabled = brief.capabilities as PlanTask['capability'][]
  if (enabled.length === 0 || enabled.includes(unit.capability)) return unit.capability
  return enabled.includes('code') ? 'code' : (enabled[0] ?? unit.capability)
}

/** Mends one named problem of a plan, where its message or path says enough to do so. */
function mend(brief: Brief): (plan: PlanContent, problem: ProblemBlock) => PlanContent {
  const known = new Set(brief.statements.map((statement) => statement.ref))
  return (plan, problem) => {
    switch (problem.code) {
      case 'uncovered-statement':
        return askAbout(plan, problem, known)
      case 'unknown-statement':
        return withoutUnknown(plan, known)
      case 'write-conflict':
        return serialised(plan, problem)
      default:
        return plan
    }
  }
}

function askAbout(plan: PlanContent, problem: ProblemBlock, known: ReadonlySet<string>): PlanContent {
  const refs = [...new Set(problem.message.match(/\bS\d+\b/g) ?? [])].filter((ref) => known.has(ref))
  const asked = new Set(plan.questions.map((question) => question.statement))
  const text = 'No rule of the scripted provider works on this statement. Shall it wait, be reworded, or be dropped?'
  return {
    ...plan,
    questions: [...plan.questions, ...refs.filter((ref) => !asked.has(ref)).map((statement) => ({ statement, text }))],
  }
}

function withoutUnknown(plan: PlanContent, known: ReadonlySet<string>): PlanContent {
  const keep = (refs: readonly string[]): string[] => refs.filter((ref) => known.has(ref))
  return {
    ...plan,
    questions: plan.questions.filter((question) => known.has(question.statement)),
    tasks: plan.tasks.map((task) => ({
      ...task,
      statements: keep(task.statements),
      acceptance: task.acceptance.map((item) => ({ ...item, proves: keep(item.proves) })),
    })),
  }
}

/** "T2 owns … and T4 owns …": the later one waits for the earlier one. */
function serialised(plan: PlanContent, problem: ProblemBlock): PlanContent {
  const [first, second] = [...new Set(problem.message.match(/\bT\d+\b/g) ?? [])]
  return {
    ...plan,
    tasks: plan.tasks.map((task) =>
      task.id === second && first !== undefined && !task.dependsOn.includes(first)
        ? { ...task, dependsOn: [...task.dependsOn, first] }
        : task,
    ),
  }
}

import type { Outcome, RequirementStatus } from '#server/requirements/model'

interface StatementFact {
  ref: string
  kind: string
}

export interface ClosingFacts {
  statements: readonly StatementFact[]
  /** the plan's questions: what was put to people instead of being built */
  questions: readonly { statement: string; text: string }[]
  /** the acceptance commands as re-executed on the final state of the project */
  finalChecks: readonly { passed: boolean; command: string; proves: readonly string[]; todo: readonly string[] }[]
  tasks: readonly {
    ref: string
    title: string
    status: string
    statusReason: string
    statementRefs: readonly string[]
  }[]
}

export interface StatementOutcome {
  ref: string
  outcome: Outcome
  reason: string
}

/** What became of every statement, from evidence on the final state only. */
export function statementOutcomes(facts: ClosingFacts): StatementOutcome[] {
  // A test that was left to do in one file outweighs a passing one in another: half a statement is not proven.
  const leftOpen = new Set(facts.finalChecks.flatMap((check) => check.todo))
  const broken = new Set(facts.finalChecks.filter((check) => !check.passed).flatMap((check) => check.proves))
  const proofs = new Map<string, string>()
  for (const check of facts.finalChecks) {
    if (!check.passed) continue
    for (const ref of check.proves) {
      // The first command in the plan's order is the task's own; the later ones run it again with everything else.
      if (!leftOpen.has(ref) && !broken.has(ref) && !proofs.has(ref)) proofs.set(ref, check.command)
    }
  }
  return facts.statements.map(({ ref, kind }) => {
    const command = proofs.get(ref)
    if (command) return { ref, outcome: 'proven', reason: `Proven by ${command}` }
    if (kind === 'context') return { ref, outcome: 'open', reason: 'Background: nothing to build.' }
    const question = facts.questions.find((candidate) => candidate.statement === ref)
    if (question) return { ref, outcome: 'asked', reason: question.text }
    if (leftOpen.has(ref)) return { ref, outcome: 'asked', reason: 'Its test is still to do.' }
    return { ref, outcome: 'not_built', reason: whyNot(ref, facts) }
  })
}

function whyNot(ref: string, facts: ClosingFacts): string {
  const tasks = facts.tasks.filter((task) => task.statementRefs.includes(ref))
  const lost = tasks.find((task) => task.status !== 'done')
  if (lost) return `${lost.ref} "${lost.title}" was not finished: ${lost.statusReason}`
  return tasks.length > 0 ? 'Built, but no passing check names it.' : 'No task worked on it.'
}

export interface Closing {
  status: Extract<RequirementStatus, 'done' | 'partly_done' | 'failed'>
  proven: number
  total: number
  reason: string
}

/** How a requirement honestly ends: done only when every statement that asks for something is proven. */
export function closing(facts: ClosingFacts, outcomes: readonly StatementOutcome[]): Closing {
  const counted = facts.statements.filter((statement) => statement.kind !== 'context').map((statement) => statement.ref)
  const proven = outcomes.filter((item) => item.outcome === 'proven' && counted.includes(item.ref)).length
  const total = counted.length
  const built = facts.tasks.some((task) => task.status === 'done')
  if (!built) return { status: 'failed', proven, total, reason: 'No task could be finished.' }
  if (total > 0 && proven === total) {
    return { status: 'done', proven, total, reason: `All ${total} statements are built and proven.` }
  }
  const asked = outcomes.filter((item) => item.outcome === 'asked').length
  const missing = outcomes.filter((item) => item.outcome === 'not_built').length
  const rest = [
    ...(asked > 0 ? [`${asked} asked`] : []),
    ...(missing > 0 ? [`${missing} not built`] : []),
    ...(total === 0 ? ['the text asks for nothing that could be checked'] : []),
  ]
  return {
    status: 'partly_done',
    proven,
    total,
    reason: `${proven} of ${total} statements are proven; ${rest.join(', ')}.`,
  }
}

import type { Capability } from '#server/agents/model'
import { criticalDepth, findCycle, ordered } from '#server/tasks/rules/graph'
import { containedPath, overlaps } from '#server/workspaces/rules/paths'
import { type PlanContent, type PlanTask, planSchema } from '../model'

export const planLimits = { tasks: 40, dependencies: 10, depth: 12, acceptance: 12 } as const

/** A fault of a plan: what, where in the JSON, and in words for the Analyst and for people. */
export interface Problem {
  code:
    | 'not-json'
    | 'wrong-shape'
    | 'empty'
    | 'too-many-tasks'
    | 'bad-id'
    | 'duplicate-id'
    | 'too-many-dependencies'
    | 'unknown-dependency'
    | 'self-dependency'
    | 'cycle'
    | 'too-deep'
    | 'unknown-capability'
    | 'no-acceptance'
    | 'no-command'
    | 'unsafe-path'
    | 'no-files'
    | 'write-conflict'
    | 'unknown-statement'
    | 'uncovered-statement'
    | 'orphan-sink'
  path: string
  message: string
}

export interface PlanWorld {
  capabilities: readonly Capability[]
  statements: readonly { ref: string; kind: string }[]
}

export type PlanVerdict = { ok: true; plan: PlanContent } | { ok: false; problems: Problem[] }

/** Reads a model's answer and checks everything that can be checked before any task starts. */
export function checkPlan(answer: string, world: PlanWorld): PlanVerdict {
  let json: unknown
  try {
    json = JSON.parse(stripFence(answer))
  } catch (error) {
    const message = `The answer is not one JSON object: ${error instanceof Error ? error.message : 'unreadable'}.`
    return { ok: false, problems: [{ code: 'not-json', path: '', message }] }
  }
  const parsed = planSchema.safeParse(json)
  if (!parsed.success) {
    const problems = parsed.error.issues.slice(0, 20).map((issue) => ({
      code: 'wrong-shape' as const,
      path: issue.path.join('.'),
      message: issue.message,
    }))
    return { ok: false, problems }
  }
  const plan = parsed.data
  const shape = checkShape(plan)
  const problems = [
    ...shape,
    ...plan.tasks.flatMap((task, index) => checkTask(task, `tasks.${index}`, world)),
    ...checkCoverage(plan, world),
  ]
  // The graph rules need unique known ids; on a broken shape they would only repeat its faults.
  if (shape.length === 0) problems.push(...checkGraph(plan))
  return problems.length === 0 ? { ok: true, plan } : { ok: false, problems }
}

/** Models without enforced schemas wrap JSON in a Markdown fence. */
function stripFence(answer: string): string {
  const trimmed = answer.trim()
  if (!trimmed.startsWith('```')) return trimmed
  return trimmed.slice(trimmed.indexOf('\n') + 1, trimmed.lastIndexOf('```'))
}

function checkShape(plan: PlanContent): Problem[] {
  const problems: Problem[] = []
  if (plan.tasks.length === 0) problems.push({ code: 'empty', path: 'tasks', message: 'The plan has no task.' })
  if (plan.tasks.length > planLimits.tasks) {
    const message = `The plan has ${plan.tasks.length} tasks; at most ${planLimits.tasks} are allowed. Split the requirement or join tasks.`
    problems.push({ code: 'too-many-tasks', path: 'tasks', message })
  }
  const seen = new Set<string>()
  const ids = new Set(plan.tasks.map((task) => task.id))
  plan.tasks.forEach((task, index) => {
    const path = `tasks.${index}`
    if (!/^T[1-9]\d{0,3}$/.test(task.id)) {
      problems.push({ code: 'bad-id', path: `${path}.id`, message: `"${task.id}" is not an id like T1.` })
    }
    if (seen.has(task.id)) {
      problems.push({ code: 'duplicate-id', path: `${path}.id`, message: `${task.id} is used twice.` })
    }
    seen.add(task.id)
    if (task.dependsOn.length > planLimits.dependencies) {
      const message = `${task.id} depends on ${task.dependsOn.length} tasks; at most ${planLimits.dependencies} are allowed.`
      problems.push({ code: 'too-many-dependencies', path: `${path}.dependsOn`, message })
    }
    for (const dependency of task.dependsOn) {
      if (dependency === task.id) {
        problems.push({ code: 'self-dependency', path: `${path}.dependsOn`, message: `${task.id} depends on itself.` })
      } else if (!ids.has(dependency)) {
        const message = `${task.id} depends on ${dependency}, which is not in the plan.`
        problems.push({ code: 'unknown-dependency', path: `${path}.dependsOn`, message })
      }
    }
  })
  return problems
}

function checkTask(task: PlanTask, path: string, world: PlanWorld): Problem[] {
  const problems: Problem[] = []
  if (!world.capabilities.includes(task.capability)) {
    const message = `${task.id} needs the capability ${task.capability}; no enabled agent has it. There are: ${world.capabilities.join(', ')}.`
    problems.push({ code: 'unknown-capability', path: `${path}.capability`, message })
  }
  if (task.acceptance.length === 0 || task.acceptance.length > planLimits.acceptance) {
    const message = `${task.id} has ${task.acceptance.length} acceptance commands; 1 to ${planLimits.acceptance} are needed.`
    problems.push({ code: 'no-acceptance', path: `${path}.acceptance`, message })
  }
  const acceptanceIds = new Set<string>()
  task.acceptance.forEach((item, index) => {
    const at = `${path}.acceptance.${index}`
    if (item.command.trim() === '' || item.command.includes('\0')) {
      problems.push({ code: 'no-command', path: `${at}.command`, message: `${task.id} ${item.id} has no command.` })
    }
    if (acceptanceIds.has(item.id)) {
      problems.push({ code: 'duplicate-id', path: `${at}.id`, message: `${task.id} uses ${item.id} twice.` })
    }
    acceptanceIds.add(item.id)
  })
  if (task.owns.length === 0) {
    problems.push({
      code: 'no-files',
      path: `${path}.owns`,
      message: `${task.id} owns no file, so it can change nothing.`,
    })
  }
  for (const field of ['owns', 'reads'] as const) {
    for (const glob of task[field]) {
      const verdict = containedPath(glob)
      if (!verdict.ok) {
        const message = `${task.id}: "${glob}" is not a safe path: ${verdict.reason}.`
        problems.push({ code: 'unsafe-path', path: `${path}.${field}`, message })
      }
    }
  }
  return problems
}

function checkCoverage(plan: PlanContent, world: PlanWorld): Problem[] {
  const known = new Set(world.statements.map((statement) => statement.ref))
  const problems: Problem[] = []
  const named = [
    ...plan.tasks.flatMap((task, index) => task.statements.map((ref) => ({ ref, path: `tasks.${index}.statements` }))),
    ...plan.tasks.flatMap((task, index) =>
      task.acceptance.flatMap((item) => item.proves.map((ref) => ({ ref, path: `tasks.${index}.acceptance` }))),
    ),
    ...plan.questions.map((question, index) => ({ ref: question.statement, path: `questions.${index}.statement` })),
  ]
  for (const { ref, path } of named) {
    if (!known.has(ref)) problems.push({ code: 'unknown-statement', path, message: `${ref} is not a statement.` })
  }
  const covered = new Set(named.map((item) => item.ref))
  for (const statement of world.statements) {
    if (statement.kind !== 'context' && !covered.has(statement.ref)) {
      const message = `No task works on ${statement.ref} and no question asks about it.`
      problems.push({ code: 'uncovered-statement', path: 'tasks', message })
    }
  }
  return problems
}

function checkGraph(plan: PlanContent): Problem[] {
  const cycle = findCycle(plan.tasks)
  if (cycle) {
    const message = `The tasks wait for each other in a circle: ${cycle.join(' → ')}.`
    return [{ code: 'cycle', path: 'tasks', message }]
  }
  const problems: Problem[] = []
  const depth = criticalDepth(plan.tasks)
  if (depth > planLimits.depth) {
    const message = `The longest chain has ${depth} tasks; at most ${planLimits.depth} are allowed.`
    problems.push({ code: 'too-deep', path: 'tasks', message })
  }
  return [...problems, ...writeConflicts(plan.tasks), ...orphanSinks(plan.tasks)]
}

/** Two tasks that may run at the same time must not own the same file. */
function writeConflicts(tasks: readonly PlanTask[]): Problem[] {
  const before = ordered(tasks)
  const problems: Problem[] = []
  tasks.forEach((left, index) => {
    for (const right of tasks.slice(index + 1)) {
      if (before(left.id, right.id) || before(right.id, left.id)) continue
      const pair = left.owns.flatMap((a) => right.owns.filter((b) => overlaps(a, b)).map((b) => [a, b] as const))[0]
      if (!pair) continue
      const message = `${left.id} owns "${pair[0]}" and ${right.id} owns "${pair[1]}", and both may run at the same time. Let one depend on the other or split the files.`
      problems.push({ code: 'write-conflict', path: `tasks.${index}.owns`, message })
    }
  })
  return problems
}

/** What nobody builds on must itself be a check of the whole: otherwise work ends unproven. */
function orphanSinks(tasks: readonly PlanTask[]): Problem[] {
  const needed = new Set(tasks.flatMap((task) => task.dependsOn))
  const closing = new Set(['integrate', 'test', 'review'])
  return tasks.flatMap((task, index) =>
    needed.has(task.id) || closing.has(task.kind)
      ? []
      : [
          {
            code: 'orphan-sink' as const,
            path: `tasks.${index}`,
            message: `Nothing depends on ${task.id} and it is no check (kind ${task.kind}). Let a task of kind integrate, test or review depend on it.`,
          },
        ],
  )
}

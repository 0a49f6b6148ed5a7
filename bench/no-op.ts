import type { Scope } from '#server/auth/model'
import type { PlanContent } from '#server/planner/model'
import { database } from '#server/platform/database/client'
import type { Run } from '#server/platform/database/generated/client'
import { submitRequirement } from '#server/requirements/commands'
import { isClosed, requirementStatusSchema } from '#server/requirements/model'
import type { Assignment } from '#server/runs/ports'

/** A task as far as the engine's own work is concerned. */
export interface GraphTask {
  id: string
  dependsOn: readonly string[]
}

/** Plans that are to be "made", by the title of their requirement. */
const plans = new Map<string, PlanContent>()

/** Milliseconds that the agent works on a task, given its ref; without it a task ends at once. */
export type Work = (ref: string, signal: AbortSignal) => Promise<void>

/**
 * From here on each run is born with the one turn that it needs in its journal instead of asking a model for it. In the
 * database, so that it takes no time of the worker's.
 */
export async function journalTurns(): Promise<void> {
  await database().$executeRawUnsafe(`
    create function bench_journal() returns trigger language plpgsql as $$
    begin
      insert into "Turn" (id, "runId", number, "requestHash", provider, model, stop, content, text,
        "inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens", "startedAt")
      values (gen_random_uuid(), new.id, 1, '', 'openai', 'none', 'end', '[]', '', 0, 0, 0, 0, now());
      return null;
    end $$`)
  await database().$executeRawUnsafe(
    'create trigger bench_journal after insert on "Run" for each row execute function bench_journal()',
  )
}

/** Runs without a model. Everything around the answer is the engine's: the lease, the journal, the ending. */
export function noOpAssignmentFor(work?: Work): (run: Run) => Assignment {
  return (run) => ({
    tools: [],
    judge: () => ({ kind: 'accept', result: null }),
    call: async () => ({ kind: 'done', output: '', isError: true }),
    async end(_result, { signal }) {
      if (run.purpose === 'plan') return { result: await planFor(run.requirementId) }
      if (run.purpose === 'review') return { result: { verdict: 'approve', summary: '', findings: [] } }
      if (work) await work((run.prompt as { facts: { ref: string } }).facts.ref, signal)
      return { result: { summary: '' } }
    },
  })
}

async function planFor(requirementId: string): Promise<PlanContent> {
  const { title } = await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })
  const plan = plans.get(title)
  if (!plan) throw new Error(`no plan was prepared for ${title}`)
  return plan
}

/** Submits a requirement whose plan is this graph: each task without files of its own and without a check. */
export async function submitGraph(scope: Scope, projectId: string, graph: readonly GraphTask[]): Promise<string> {
  const title = `Graph ${crypto.randomUUID()}`
  plans.set(title, {
    summary: title,
    assumptions: [],
    questions: [],
    tasks: graph.map(({ id, dependsOn }) => ({
      id,
      title: id,
      kind: 'implement',
      capability: 'code',
      instructions: '',
      dependsOn: [...dependsOn],
      statements: ['S1'],
      owns: [],
      reads: [],
      acceptance: [],
      risk: 'low',
      rationale: '',
    })),
  })
  const text = 'The graph is worked off.'
  return (await submitRequirement(scope, { projectId, title, text, source: 'demo' })).id
}

/** Waits until the requirement has ended. @returns false when `limitMs` was over before */
export async function untilEnded(requirementId: string, limitMs = 600_000): Promise<boolean> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const row = await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })
    if (isClosed(requirementStatusSchema.parse(row.status))) return true
    if (performance.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** A chain: each task waits for the one before. */
export function chain(length: number): GraphTask[] {
  return Array.from({ length }, (_, index) => ({ id: `T${index + 1}`, dependsOn: index === 0 ? [] : [`T${index}`] }))
}

/** Layers of `width` tasks; each task waits for one of the layer before. */
export function layers(count: number, width: number): GraphTask[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `T${index + 1}`,
    dependsOn: index < width ? [] : [`T${index + 1 - width}`],
  }))
}

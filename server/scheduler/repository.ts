import type { Capability, ConnectorName, Provider } from '#server/agents/model'
import { priceOf } from '#server/agents/rules/pricing'
import type { Scope } from '#server/auth/model'
import type { DecisionKind } from '#server/decisions/model'
import { type Acceptance, planSchema } from '#server/planner/model'
import type { Requirement, Run, Task } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { requirementStatusSchema } from '#server/requirements/model'
import { type Review, type RunStatus, reviewSchema } from '#server/runs/model'
import { availableProviders } from '#server/secrets/queries'
import type { TaskStatus } from '#server/tasks/model'
import type { AgentFact, Facts, RunFact, TaskFact } from './rules/facts'

/** Runs of an agent that its health is judged by. */
const RECENT_RUNS = 20

/** Everything nextSteps needs to know of one requirement. The caller holds the requirement's lock. */
export async function loadFacts(tx: Transaction, scope: Scope, requirement: Requirement): Promise<Facts> {
  const project = await tx.project.findUniqueOrThrow({ where: { id: requirement.projectId } })
  const plan = await tx.plan.findFirst({ where: { requirementId: requirement.id }, orderBy: { revision: 'desc' } })
  const content = plan && planSchema.parse(plan.content)
  const runs = await tx.run.findMany({ where: { requirementId: requirement.id }, orderBy: { createdAt: 'asc' } })
  const decisions = await tx.decision.findMany({
    where: { requirementId: requirement.id },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  })
  const providerMode = project.providerMode === 'live' ? 'live' : 'scripted'
  return {
    requirement: {
      id: requirement.id,
      number: requirement.number,
      title: requirement.title,
      status: requirementStatusSchema.parse(requirement.status),
      verification: requirement.verification as Facts['requirement']['verification'],
    },
    project: { planApproval: project.planApproval === 'automatic' ? 'automatic' : 'ask', providerMode },
    plan: plan && {
      id: plan.id,
      revision: plan.revision,
      status: plan.status,
      questions: content?.questions ?? [],
      tasks: content?.tasks.length ?? 0,
    },
    planRuns: runs.filter((run) => run.purpose === 'plan').map(toRunFact),
    tasks: plan?.status === 'accepted' ? await loadTasks(tx, plan.id, runs) : [],
    decisions: decisions.map((decision) => ({
      id: decision.id,
      kind: decision.kind as DecisionKind,
      status: decision.status as 'open' | 'answered' | 'withdrawn',
      taskId: decision.taskId,
      runId: decision.runId,
      answer: decision.answer,
      comment: decision.comment,
    })),
    agents: await loadAgents(tx, scope, providerMode),
  }
}

function toRunFact(run: Run): RunFact {
  return {
    id: run.id,
    agentId: run.agentId,
    status: run.status as RunStatus,
    attempt: run.attempt,
    errorCode: run.errorCode,
    errorMessage: run.errorMessage,
    commit: run.commit,
  }
}

async function loadTasks(tx: Transaction, planId: string, runs: Run[]): Promise<TaskFact[]> {
  const tasks = await tx.task.findMany({
    where: { planId },
    orderBy: { position: 'asc' },
    include: { dependsOn: true, checks: { where: { phase: 'task' } }, merges: true },
  })
  return tasks.map((task) => {
    const run = runs.findLast((candidate) => candidate.taskId === task.id && candidate.purpose === 'implement') ?? null
    const reviews = runs.filter(
      (candidate) =>
        candidate.taskId === task.id && candidate.purpose === 'review' && candidate.baseCommit === run?.commit,
    )
    const merge = task.merges.find((candidate) => candidate.runId === run?.id)
    return {
      ...taskHead(task),
      dependsOn: task.dependsOn.map((dependency) => dependency.dependsOnId),
      run: run && toRunFact(run),
      review: toReview(reviews.at(-1)),
      reviewsTried: reviews.map((review) => review.agentId),
      checks: task.checks.filter((check) => check.runId === run?.id),
      merge: merge ? { status: merge.status, mergedCommit: merge.mergedCommit, detail: merge.detail } : null,
    }
  })
}

function taskHead(task: Task) {
  return {
    id: task.id,
    ref: task.ref,
    title: task.title,
    capability: task.capability as Capability,
    status: task.status as TaskStatus,
    attempt: task.attempt,
    agentId: task.agentId,
    agentsTried: task.agentsTried,
    acceptance: task.acceptance as Acceptance[],
  }
}

function toReview(run: Run | undefined): TaskFact['review'] {
  if (!run) return null
  const verdict = reviewSchema.safeParse(run.result)
  return { ...toRunFact(run), verdict: verdict.success ? (verdict.data satisfies Review) : null }
}

async function loadAgents(tx: Transaction, scope: Scope, providerMode: string): Promise<AgentFact[]> {
  const agents = await tx.agent.findMany({ where: { organizationId: scope.organizationId } })
  const history = await tx.$queryRaw<{ agentId: string; running: bigint; recent: bigint; failed: bigint }[]>`
    select "agentId",
      count(*) filter (where status in ('queued', 'running')) as running,
      count(*) filter (where place <= ${RECENT_RUNS} and status in ('finished', 'failed')) as recent,
      count(*) filter (where place <= ${RECENT_RUNS} and status = 'failed') as failed
    from (
      select "agentId", status, row_number() over (partition by "agentId" order by "createdAt" desc) as place
      from "Run" where "organizationId" = ${scope.organizationId}::uuid
    ) as placed
    group by "agentId"`
  const byAgent = new Map(history.map((row) => [row.agentId, row]))
  const withKey = providerMode === 'live' ? await availableProviders(scope) : []
  return agents.map((agent) => {
    const row = byAgent.get(agent.id)
    const price = providerMode === 'live' ? priceOf(agent.model, new Date()) : null
    return {
      id: agent.id,
      name: agent.name,
      role: agent.role,
      capabilities: agent.capabilities as Capability[],
      connector: agent.connector as ConnectorName,
      provider: agent.provider as Provider,
      model: agent.model,
      enabled: agent.enabled,
      hasCredential: withKey.includes(agent.provider as Provider),
      running: Number(row?.running ?? 0),
      maxConcurrent: agent.maxConcurrent,
      recentRuns: Number(row?.recent ?? 0),
      recentFailures: Number(row?.failed ?? 0),
      outputPrice: price?.out ?? null,
    }
  })
}

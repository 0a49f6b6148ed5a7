import { assign, describeRefusals } from './assign'
import type { DecisionFact, Facts, RunFact } from './facts'
import type { Question, Step } from './steps'

/** Steps until a plan is accepted: submitted → planning → plan_review. */
export function planSteps(facts: Facts): Step[] {
  // A person has the next word: nothing else may move, or the same question would be put twice.
  if (facts.decisions.some((decision) => decision.status === 'open')) return []
  const { status } = facts.requirement
  if (status === 'plan_review') return afterApproval(facts)
  const stop = stopped(facts)
  if (stop) return [stop]
  return status === 'planning' ? whilePlanning(facts) : choosePlanner(facts)
}

function latest(facts: Facts, kind: DecisionFact['kind']): DecisionFact | undefined {
  return facts.decisions.findLast((decision) => decision.kind === kind)
}

function count(facts: Facts, kind: DecisionFact['kind']): number {
  return facts.decisions.filter((decision) => decision.kind === kind).length
}

/** A run's attempt number counts rounds in thousands: cheap to store, impossible to confuse. */
const ROUND = 1_000

/** How often people have said "try again" so far: each time all agents get new attempts. */
function currentRound(facts: Facts): number {
  return facts.decisions.filter(
    ({ kind, status }) => (kind === 'plan_failed' || kind === 'no_agent') && status === 'answered',
  ).length
}

function runsThisRound(facts: Facts): Facts['planRuns'] {
  return facts.planRuns.filter((run) => Math.floor(run.attempt / ROUND) === currentRound(facts))
}

/** "Stop" counts whichever question it was given to, and wherever planning stood. */
function stopped(facts: Facts): Step | null {
  const reasons = {
    no_agent: 'No agent could plan it, and it was decided to stop.',
    plan_failed: 'No agent made a usable plan, and it was decided to stop.',
  } as const
  for (const kind of ['no_agent', 'plan_failed'] as const) {
    const decision = latest(facts, kind)
    if (decision?.status === 'answered' && decision.answer === 'cancel') {
      return { kind: 'cancel-requirement', reason: reasons[kind] }
    }
  }
  return null
}

function choosePlanner(facts: Facts, more: readonly string[] = []): Step[] {
  const round = runsThisRound(facts)
  // A plan that people sent back is made again by the agent that made it; a plan that failed by another one.
  const tried = [...round.filter((run) => run.status === 'failed').map((run) => run.agentId), ...more]
  const { chosen, candidates } = assign(facts.agents, {
    capability: 'analysis',
    providerMode: facts.project.providerMode,
    tried,
  })
  if (chosen)
    return [{ kind: 'start-plan', assignment: chosen, attempt: currentRound(facts) * ROUND + round.length + 1 }]
  if (tried.length > 0) return [{ kind: 'raise', question: planFailed(facts) }]
  return [{ kind: 'raise', question: noPlanner(facts, describeRefusals(candidates)) }]
}

function whilePlanning(facts: Facts): Step[] {
  const run = facts.planRuns.at(-1)
  if (!run) return choosePlanner(facts)
  switch (run.status) {
    case 'queued':
    case 'running':
      return []
    case 'finished':
      return [{ kind: 'propose-plan', runId: run.id }]
    case 'failed':
    case 'cancelled':
      return choosePlanner(facts)
    case 'asking':
    case 'paused':
      return whilePlanAsks(facts, run)
  }
}

/** The planning run waits: for an answer, at the wall of the budget, or because people paused it. */
function whilePlanAsks(facts: Facts, run: RunFact): Step[] {
  const decision = facts.decisions.findLast((candidate) => candidate.runId === run.id)
  const resume: Step = { kind: 'resume-plan', runId: run.id, decisionId: decision?.id ?? null }
  if ((!decision && run.held) || run.waitsFor !== null) return []
  if (decision?.kind !== 'budget_wall') return [resume]
  if (decision.answer === 'stop') {
    return [{ kind: 'cancel-requirement', reason: decision.comment || 'Planning stopped at the wall of its budget.' }]
  }
  return decision.answer === 'cheaper' ? choosePlanner(facts, [run.agentId]) : [resume]
}

function afterApproval(facts: Facts): Step[] {
  if (facts.plan?.status !== 'proposed') return []
  const decision = latest(facts, 'plan_approval')
  const approvals = count(facts, 'plan_approval')
  if (approvals < facts.plan.revision || decision?.status === 'withdrawn') {
    const mustAsk = facts.project.planApproval === 'ask' || facts.plan.questions.length > 0
    return mustAsk ? [{ kind: 'raise', question: approval(facts, facts.plan) }] : [{ kind: 'accept-plan' }]
  }
  if (decision?.status !== 'answered') return []
  if (decision.answer === 'approve') return [{ kind: 'accept-plan' }]
  if (decision.answer === 'revise') return [{ kind: 'reject-plan' }]
  return [{ kind: 'cancel-requirement', reason: decision.comment || 'The plan was not approved.' }]
}

function approval(facts: Facts, plan: NonNullable<Facts['plan']>): Question {
  const asked = plan.questions.length
  const open =
    asked === 0
      ? 'Every statement is worked on and has a check.'
      : `${asked} statement${asked === 1 ? '' : 's'} can't be built or proven as written and will end as "asked": ${plan.questions
          .slice(0, 5)
          .map((question) => `${question.statement} (${question.text})`)
          .join('; ')}${asked > 5 ? `; and ${asked - 5} more` : ''}.`
  return {
    kind: 'plan_approval',
    question: `Build R${facts.requirement.number} "${facts.requirement.title}" by this plan of ${plan.tasks} tasks?`,
    why: `Nothing is built before the plan is approved. ${open}`,
    options: [
      { id: 'approve', label: 'Build it', consequence: `The ${plan.tasks} tasks start now.`, reversible: true },
      {
        id: 'revise',
        label: 'Plan again',
        consequence: 'The Analyst makes a new plan with your comment. Nothing is lost.',
        reversible: true,
      },
      {
        id: 'cancel',
        label: 'Stop',
        consequence: 'The requirement is cancelled. Nothing is built.',
        reversible: false,
      },
    ],
    recommended: 'approve',
    recommendedWhy:
      asked === 0
        ? 'The plan passed every check of the validator.'
        : 'What can be proven gets built; the rest is reported, not guessed.',
    dedupeKey: `${facts.requirement.id}:plan_approval:${plan.revision}.${count(facts, 'plan_approval')}`,
    resumes: 'The agents start with the first tasks, or the Analyst plans again.',
    features: { mark: asked === 0 ? 'complete' : 'with questions', attempt: plan.revision },
  }
}

function noPlanner(facts: Facts, refusals: string): Question {
  return {
    kind: 'no_agent',
    question: `Nobody can plan R${facts.requirement.number} "${facts.requirement.title}". What now?`,
    why: `Planning needs an enabled agent with the capability analysis. ${refusals}.`,
    options: [
      {
        id: 'retry',
        label: 'Try again',
        consequence: 'After an agent was enabled or a key was added.',
        reversible: true,
      },
      { id: 'cancel', label: 'Stop', consequence: 'The requirement is cancelled.', reversible: false },
    ],
    recommended: 'retry',
    recommendedWhy: 'Enable an agent under Agents or add a key under Settings → Provider keys first.',
    dedupeKey: `${facts.requirement.id}:no_agent:${count(facts, 'no_agent')}`,
    resumes: 'An agent starts to plan at once.',
    features: { mark: 'planning' },
  }
}

function planFailed(facts: Facts): Question {
  const last = facts.planRuns.at(-1)
  return {
    kind: 'plan_failed',
    question: `No agent made a usable plan for R${facts.requirement.number} "${facts.requirement.title}". What now?`,
    why: `Everything waits for the plan. The last attempt ended so: ${last?.errorMessage ?? 'unknown'}`,
    options: [
      { id: 'retry', label: 'Try again', consequence: 'All agents that can plan get a new attempt.', reversible: true },
      { id: 'cancel', label: 'Stop', consequence: 'The requirement is cancelled.', reversible: false },
    ],
    recommended: 'retry',
    recommendedWhy:
      'Most failures of a provider pass; a plan refused by the validator is better after the text was made clearer.',
    dedupeKey: `${facts.requirement.id}:plan_failed:${count(facts, 'plan_failed')}`,
    resumes: 'An agent starts to plan at once.',
    features: { errorClass: last?.errorCode ?? null },
  }
}

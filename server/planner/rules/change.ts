import { isClosed, requirementStatusSchema } from '#server/requirements/model'
import { findCycle } from '#server/tasks/rules/graph'
import { refuse } from '../errors'
import type { Change } from '../model'
import { changeTask } from './change-task'
import type { Draft } from './draft'
import { type ChangeContext, end, layAside, type PlanState, takeUp, unfinished } from './plan-state'

/**
 * What a change leads to. `held` holds at once: runs that must stop are laid aside, what would begin anew waits.
 * `target` holds when the change can't be undone any more. Preview, effect and undo are all read off these two states,
 * so they can't differ.
 * @throws PlanError with the reason why it is impossible
 */
export function decideChange(state: PlanState, change: Change, context: ChangeContext): Draft {
  const status = requirementStatusSchema.parse(state.requirement.status)
  if (isClosed(status)) {
    const words = status.replace('_', ' ')
    refuse('requirement-closed', `R${state.requirement.number} has ended (${words}), so nothing can be changed in it.`)
  }
  switch (change.kind) {
    case 'pause':
      return same(state.requirement.paused ? state : pause(state, context))
    case 'resume':
      return same(resume(state))
    case 'cancel':
      return cancel(state, context, change.reason)
    case 'revise':
      return revise(state, change.changes, context)
  }
}

const same = (state: PlanState): Draft => ({ held: state, target: state })

function pause(state: PlanState, { now, by }: ChangeContext): PlanState {
  return {
    requirement: {
      ...state.requirement,
      paused: state.requirement.paused ?? { at: now, by },
      runs: layAside(state.requirement.runs),
    },
    tasks: state.tasks.map((task) => (task.inPlan ? { ...task, runs: layAside(task.runs) } : task)),
  }
}

function resume(state: PlanState): PlanState {
  if (!state.requirement.paused) return state
  return {
    requirement: { ...state.requirement, paused: null, runs: takeUp(state.requirement.runs) },
    // A task that was paused by itself stays so.
    tasks: state.tasks.map((task) => (task.inPlan && !task.paused ? { ...task, runs: takeUp(task.runs) } : task)),
  }
}

/** The runs stop at once; the end itself comes when it can't be undone any more. */
function cancel(state: PlanState, context: ChangeContext, reason?: string): Draft {
  const held = pause(state, context)
  const statusReason = reason || `Cancelled by ${context.by}.`
  return {
    held,
    target: {
      requirement: { ...held.requirement, status: 'cancelled', runs: end(held.requirement.runs) },
      tasks: held.tasks.map((task) =>
        unfinished(task)
          ? {
              ...task,
              status: 'cancelled',
              statusReason,
              finishedAt: context.now,
              runs: end(task.runs),
              decisions: task.decisions.map((decision) => ({ ...decision, open: false })),
            }
          : task,
      ),
    },
  }
}

function revise(
  state: PlanState,
  changes: Extract<Change, { kind: 'revise' }>['changes'],
  context: ChangeContext,
): Draft {
  if (state.requirement.status !== 'in_progress') {
    refuse('no-plan', 'There is no accepted plan yet, so there is no task to change. Answer the plan first.')
  }
  if (state.requirement.verification === 'requested') {
    refuse(
      'being-verified',
      'Every check runs once more on what was merged; that ends the requirement. Nothing was changed.',
    )
  }
  let draft = same(state)
  let nextRef = context.nextRef
  for (const change of changes) {
    draft = changeTask(draft, change, { ...context, nextRef })
    nextRef = context.nextRef + draft.target.tasks.length - state.tasks.length
  }
  const cycle = findCycle(nodes(draft.target))
  if (cycle)
    refuse('cycle', `These tasks would wait for each other in a circle: ${cycle.join(' → ')}. Nothing was changed.`, {
      cycle,
    })
  return draft
}

/** The present plan as a graph; what left the plan before holds nobody up. */
function nodes(state: PlanState) {
  const present = state.tasks.filter(({ inPlan }) => inPlan)
  const known = new Set(present.map(({ ref }) => ref))
  return present.map((task) => ({ id: task.ref, dependsOn: task.dependsOn.filter((ref) => known.has(ref)) }))
}

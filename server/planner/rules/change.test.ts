import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEnded } from '#server/tasks/model'
import { findCycle } from '#server/tasks/rules/graph'
import { PlanError } from '../errors'
import type { Change, TaskChange } from '../model'
import { aPlan, aTask, context, someChange, somePlan } from '../testing'
import { decideChange } from './change'
import { diffOf, effectsOf, summaryOf } from './effects'
import { forecast } from './forecast'
import { findTask, type PlanState } from './plan-state'
import { isNothing, settled, touchedBy, undone } from './touched'

const revise = (...changes: TaskChange[]): Change => ({ kind: 'revise', changes })
const names = new Map(context.agents.map((agent) => [agent.id, agent.name]))

/** Applies what can be applied; null when it is refused in words. */
function decide(state: PlanState, change: Change, nextRef: number) {
  try {
    return decideChange(state, change, { ...context, nextRef })
  } catch (error) {
    if (!(error instanceof PlanError)) throw error
    expect(error.message).toMatch(/\.$/)
    return null
  }
}

const chain = () =>
  aPlan([
    aTask('T1', { status: 'done', attempt: 1 }),
    aTask('T2', {
      status: 'running',
      attempt: 1,
      dependsOn: ['T1'],
      runs: [{ id: 'r2', status: 'running', held: false }],
    }),
    aTask('T3', { dependsOn: ['T2'] }),
    aTask('T4', { dependsOn: ['T3'] }),
    aTask('T5', { status: 'failed', attempt: 3, dependsOn: ['T1'] }),
    aTask('T6', { status: 'cancelled', dependsOn: ['T5'] }),
  ])

describe('what is impossible is refused with its reason', () => {
  const another: TaskChange = { kind: 'reorder', task: 'T3', dependsOn: ['T4'] }
  test.each<[string, TaskChange, RegExp]>([
    ['cycle', another, /circle: T3 → T4 → T3/],
    ['self-dependency', { kind: 'reorder', task: 'T3', dependsOn: ['T3'] }, /T3 can't wait for itself/],
    ['unknown-task', { kind: 'reorder', task: 'T3', dependsOn: ['T9'] }, /T9: it is not in the plan/],
    ['unknown-task', { kind: 'skip', task: 'T9' }, /no T9/],
    ['dependency-not-built', { kind: 'reorder', task: 'T3', dependsOn: ['T5'] }, /T5, which was not built/],
    ['task-finished', { kind: 'edit', task: 'T1', title: 'x' }, /T1 is done/],
    ['task-finished', { kind: 'retry', task: 'T1' }, /T1 is done/],
    ['task-started', { kind: 'edit', task: 'T2', title: 'x' }, /T2 is being worked on. Retry/],
    ['task-started', { kind: 'remove', task: 'T2' }, /T2 has begun/],
    ['has-dependants', { kind: 'remove', task: 'T3' }, /T4 waits for T3/],
    ['task-not-started', { kind: 'retry', task: 'T3' }, /T3 has not begun/],
    ['unsafe-path', { kind: 'edit', task: 'T3', owns: ['../x'] }, /"..\/x" is not a safe path/],
    ['agent-does-not-fit', { kind: 'reassign', task: 'T3', agentId: context.agents[2]?.id ?? '' }, /switched off/],
    ['unknown-agent', { kind: 'reassign', task: 'T3', agentId: 'nobody' }, /no such agent/],
  ])('%s', (code, change, words) => {
    expect(() => decideChange(chain(), revise(change), context)).toThrow(expect.objectContaining({ code }))
    expect(() => decideChange(chain(), revise(change), context)).toThrow(words)
  })

  test('while it is merged, verified, unplanned or closed', () => {
    const merging = aPlan([aTask('T1', { status: 'merging' })])
    const cancel = revise({ kind: 'cancel-task', task: 'T1' })
    expect(() => decideChange(merging, cancel, context)).toThrow(/being merged/)
    expect(() => decideChange(aPlan([], { verification: 'requested' }), cancel, context)).toThrow(/Every check runs/)
    expect(() => decideChange(aPlan([], { status: 'planning' }), cancel, context)).toThrow(/no accepted plan/)
    expect(() => decideChange(aPlan([], { status: 'done' }), { kind: 'pause' }, context)).toThrow(
      /R7 has ended \(done\)/,
    )
  })
})

describe('what a change does', () => {
  test('left out: what waited goes on with what the task waited for', () => {
    const { held, target } = decideChange(chain(), revise({ kind: 'skip', task: 'T3' }), context)
    expect(findTask(held, 'T3')).toMatchObject({ status: 'waiting', paused: { by: 'Ana' } })
    expect(findTask(target, 'T3')).toMatchObject({ status: 'cancelled', statusReason: 'Left out by Ana.' })
    expect(findTask(target, 'T4')).toMatchObject({ status: 'waiting', dependsOn: ['T2'] })
  })

  test('cancelled: what builds on it ends too, and its run stops at once', () => {
    const { held, target } = decideChange(chain(), revise({ kind: 'cancel-task', task: 'T2' }), context)
    expect(findTask(held, 'T2')?.runs).toEqual([{ id: 'r2', status: 'paused', held: true }])
    expect(effectsOf(chain(), held, target)).toMatchObject({ ends: ['T2', 'T3', 'T4'], stops: ['T2'], kept: ['T1'] })
    // Which state it was in is the engine's word, and no news to people.
    const lines = diffOf(chain(), target, names).filter(({ what }) => what === 'will not be done')
    expect(lines.map(({ ref, from }) => [ref, from])).toEqual(['T2', 'T3', 'T4'].map((ref) => [ref, '']))
    expect(findTask(target, 'T4')?.statusReason).toBe('It builds on T2, which was not built.')
  })

  test('tried again: its attempts start anew, and what fell with it comes back', () => {
    const change = revise({ kind: 'retry', task: 'T5', instructions: 'Other words.' })
    const { held, target } = decideChange(chain(), change, context)
    expect(findTask(held, 'T5')).toMatchObject({ status: 'ready', paused: { by: 'Ana' }, attempt: 0 })
    expect(findTask(target, 'T5')).toMatchObject({ status: 'ready', paused: null, instructions: 'Other words.' })
    expect(findTask(target, 'T6')).toMatchObject({ status: 'waiting', finishedAt: null })
    const effects = effectsOf(chain(), held, target)
    expect(effects).toMatchObject({ reruns: ['T5'], waits: ['T6'], kept: ['T1'] })
    expect(summaryOf(change, 'Ana', 7, [])).toBe('Ana has it done again: T5.')
    expect(diffOf(chain(), target, names).map(({ ref, what, from, to }) => [ref, what, from, to])).toEqual([
      ['T5', 'is done again', 'failed', 'ready'],
      ['T5', 'instructions', 'Do T5.', 'Other words.'],
      ['T6', 'is back in the plan', 'cancelled', 'waiting'],
    ])
  })

  test('split: the parts come first, one after the other; the rest keeps its checks', () => {
    const acceptance = [{ text: 'a', command: 'true', proves: [] }]
    const parts = ['one', 'two'].map((title) => ({ title, instructions: title, acceptance }))
    const { target } = decideChange(chain(), revise({ kind: 'split', task: 'T3', parts }), context)
    expect(target.tasks.map(({ ref, dependsOn }) => [ref, dependsOn.join()])).toEqual([
      ['T1', ''],
      ['T2', 'T1'],
      ['T100', 'T2'],
      ['T101', 'T100'],
      ['T3', 'T101'],
      ['T4', 'T3'],
      ['T5', 'T1'],
      ['T6', 'T5'],
    ])
  })

  test('several at once count together: T4 may go once nothing waits for it', () => {
    const both = revise({ kind: 'remove', task: 'T4' }, { kind: 'remove', task: 'T3' })
    expect(decideChange(chain(), both, context).target.tasks.filter(({ inPlan }) => !inPlan)).toHaveLength(2)
  })

  test('asking for what is so already is nothing', () => {
    const paused = decideChange(chain(), { kind: 'pause' }, context).held
    for (const change of [{ kind: 'pause' } as const, revise({ kind: 'reorder', task: 'T3', dependsOn: ['T2'] })]) {
      expect(isNothing(touchedBy(paused, decideChange(paused, change, context)))).toBe(true)
    }
  })

  test('what it costs is told from experience, and what is not known is counted', () => {
    const experience = [{ capability: 'code', runs: 3, tokens: 1_000, microUsd: null, milliseconds: 5_000 }]
    const state = chain()
    const { held, target } = decideChange(state, revise({ kind: 'skip', task: 'T3' }), context)
    const effects = effectsOf(state, held, target)
    expect(forecast(state, target, effects, experience)).toEqual({
      more: { tasks: 0, unknown: 0, tokens: 0, microUsd: null, milliseconds: 0 },
      less: { tasks: 1, unknown: 0, tokens: 1_000, microUsd: null, milliseconds: 5_000 },
      pathBefore: { refs: ['T2', 'T3', 'T4'], milliseconds: 15_000 },
      pathAfter: { refs: ['T2', 'T4'], milliseconds: 10_000 },
    })
    expect(forecast(state, target, effects, []).pathAfter).toEqual({ refs: ['T2', 'T4'], milliseconds: null })
  })
})

test('whatever is asked of whatever plan: results stay, the graph holds, and undoing leads back', () => {
  let applied = 0
  fc.assert(
    fc.property(somePlan, fc.array(someChange, { minLength: 1, maxLength: 4 }), (plan, changes) => {
      let state = plan
      for (const [index, change] of changes.entries()) {
        const draft = decide(state, change, 100 + 10 * index)
        if (!draft) continue
        applied += 1
        const touched = touchedBy(state, draft)
        // Undone before it is final, everything is as it was: but what was at work goes on from its journal.
        expect(undone(draft.held, touched)).toEqual(aboutToGoOn(state, draft.held))
        for (const task of state.tasks.filter(({ status }) => status === 'done')) {
          expect(findTask(draft.target, task.ref)).toMatchObject({ status: 'done', inPlan: true })
        }
        expect(findCycle(present(draft.target))).toBeNull()
        if (change.kind === 'cancel') {
          expect(draft.target.tasks.every(({ status }) => isEnded(status))).toBe(true)
          return
        }
        const final = settled(draft.held, touched)
        expect(effectsOf(state, draft.held, final)).toEqual(effectsOf(state, draft.held, draft.target))
        expect(diffOf(state, final, names)).toEqual(diffOf(state, draft.target, names))
        state = withoutEnded(final)
      }
    }),
    { numRuns: 2_000 },
  )
  expect(applied).toBeGreaterThan(1_000)
})

/** As the database gives it back: what left the plan is not in it, runs and decisions that ended are not open. */
function withoutEnded(state: PlanState): PlanState {
  return {
    ...state,
    tasks: state.tasks
      .filter(({ inPlan }) => inPlan)
      .map((task) => ({
        ...task,
        runs: task.runs.filter(({ status }) => status !== 'cancelled'),
        decisions: task.decisions.filter(({ open }) => open),
      })),
  }
}

function aboutToGoOn(before: PlanState, held: PlanState): PlanState {
  const now = new Map(held.tasks.map((task) => [task.ref, task]))
  const tasks = before.tasks.map((task) => ({
    ...task,
    runs: task.runs.map((run) => {
      const stopped = now.get(task.ref)?.runs.find(({ id }) => id === run.id)?.status !== run.status
      const worked = run.status === 'queued' || run.status === 'running'
      return stopped && worked ? { ...run, status: 'paused' as const } : run
    }),
  }))
  return { ...before, tasks }
}

function present(state: PlanState) {
  const known = new Set(state.tasks.filter(({ inPlan }) => inPlan).map(({ ref }) => ref))
  return state.tasks
    .filter(({ inPlan }) => inPlan)
    .map((task) => ({ id: task.ref, dependsOn: task.dependsOn.filter((ref) => known.has(ref)) }))
}

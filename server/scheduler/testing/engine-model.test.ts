import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isClosed } from '#server/requirements/model'
import { isEnded } from '#server/tasks/model'
import { actorIsReal, advanceModel, cancelAll, type Engine, requirementHasActor, unfinished } from './engine-model'
import { type Choice, kindly, movesOf } from './environment'

/** Sequences of what can happen. A failure prints its seed and path: give both to `check` to see it again. */
const RUNS = 100_000

const shapes: [string, string[], number, string[]][][] = [
  [['T1', [], 1, ['a']]],
  [
    ['T1', [], 1, ['a']],
    ['T2', ['T1'], 0, []],
  ],
  [
    ['T1', [], 1, ['src/**']],
    ['T2', [], 1, ['src/a']],
    ['T3', ['T1', 'T2'], 0, ['b']],
  ],
  [
    ['T1', [], 0, []],
    ['T2', ['T1'], 1, ['a']],
    ['T3', ['T1'], 1, ['b']],
  ],
]

function engineOf(shape: number): Engine {
  const draft = shapes[shape % shapes.length] as (typeof shapes)[number]
  return {
    now: Date.UTC(2026, 0, 1),
    status: 'submitted',
    pausedBy: null,
    verification: 'none',
    approval: shape % 2 === 0 ? 'automatic' : 'ask',
    plan: null,
    decisions: [],
    tasks: [],
    drafts: draft.map(([id, needs, checks, files]) => ({ id, needs, checks, files })),
    runs: [],
    agents: [
      { id: 'analyst', enabled: true, capability: 'analysis', slots: 1 },
      { id: 'coder', enabled: true, capability: 'code', slots: 1 + (shape % 2) },
      { id: 'other', enabled: true, capability: 'code', slots: 1 },
      { id: 'validator', enabled: true, capability: 'validation', slots: 1 },
    ],
    foreign: 0,
    organizationMost: shape % 3 === 0 ? 1 : null,
    count: 0,
  }
}

/** What must hold whenever the engine has come to rest. */
function holds(engine: Engine, ended: Map<string, string>): void {
  for (const task of engine.tasks) {
    const before = ended.get(task.id)
    if (before !== undefined && before !== task.status) throw new Error(`${task.id} was ${before}, is ${task.status}`)
    if (isEnded(task.status)) ended.set(task.id, task.status)
    else if (!isClosed(engine.status) && !actorIsReal(engine, task)) {
      throw new Error(`${task.id} is ${task.status} and waits for nobody: ${JSON.stringify(task.situation)}`)
    }
  }
  if (isClosed(engine.status)) {
    const left = engine.runs.find(unfinished) ?? engine.tasks.find((task) => !isEnded(task.status))
    if (left) throw new Error(`${left.id} is left ${left.status} in a closed requirement`)
  } else if (!requirementHasActor(engine)) throw new Error(`nobody acts next, ${engine.status}`)
  if (engine.count % 4 === 0 && advanceModel(engine).length > 0)
    throw new Error('the same wake-up again found something to do')
}

/** From wherever it is, a kind world brings it to an end. */
function comesToAnEnd(engine: Engine): void {
  for (let round = 0; round < 60; round += 1) {
    go(engine)
    if (isClosed(engine.status)) return
    kindly(engine)
  }
  throw new Error(`a dead end: ${engine.status}, ${JSON.stringify(engine.tasks)}`)
}

/** Kinds of steps that were taken: shows that the world above reaches every one of them. */
const kinds = new Set<string>()
const go = (engine: Engine): void => {
  for (const step of advanceModel(engine)) kinds.add(step.kind)
}

function live(shape: number, choices: readonly Choice[], cancel: boolean): Engine {
  const engine = engineOf(shape)
  const ended = new Map<string, string>()
  go(engine)
  holds(engine, ended)
  for (const [move, detail] of choices) {
    const moves = movesOf(engine)
    moves[move % moves.length]?.(detail)
    go(engine)
    holds(engine, ended)
    if (isClosed(engine.status)) break
  }
  if (cancel && !isClosed(engine.status)) cancelAll(engine)
  comesToAnEnd(engine)
  holds(engine, ended)
  return engine
}

const every = [
  'accept-plan',
  'cancel-requirement',
  'close',
  'fail-task',
  'finish-task',
  'go-on',
  'lay-aside',
  'propose-plan',
  'queue-merge',
  'raise',
  'reject-plan',
  'request-proof',
  'request-verification',
  'resume-plan',
  'resume-run',
  'send-back',
  'start-over',
  'start-plan',
  'start-review',
  'start-task',
]

const choice = fc.tuple(fc.nat(1_000), fc.nat(1_000))

test('whatever happens, everything unfinished has a next actor that can act, nothing is a dead end, ends stay', () => {
  const statuses = new Map<string, number>()
  const seed = Date.now() % 2 ** 31
  console.info(`${RUNS} sequences from seed ${seed}`)
  fc.assert(
    fc.property(
      fc.nat(11),
      fc.array(choice, { maxLength: 18, size: 'max' }),
      fc.integer({ min: 0, max: 9 }),
      (shape, choices, last) => {
        const { status } = live(shape, choices, last === 0)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      },
    ),
    { numRuns: RUNS, seed },
  )
  expect([...statuses.keys()].sort()).toEqual(['cancelled', 'done', 'partly_done'])
  expect([...kinds].sort()).toEqual(every)
}, 600_000)

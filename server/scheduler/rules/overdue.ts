/** What of the queue speaks for a row: somebody does its job, its job waits for a worker, or there is none. */
export type JobState = 'active' | 'waiting' | 'none'

/** Something unfinished whose next actor missed the deadline. */
export interface Overdue {
  noun: 'requirement' | 'task' | 'run' | 'merge' | 'decision'
  status: string
  /** of a requirement, requested: the final verification is what it waits for */
  verification?: string
  /** of a requirement and its tasks: it waits for a slot that others hold */
  inLine?: boolean
  actor: string
  /** how often the watchdog has acted on this same next actor */
  times: number
  /** milliseconds since this actor's turn began */
  forMs: number
  job: JobState
}

type Act =
  /** the timer did what it is for: look, tell nobody */
  | 'timer'
  /** let the scheduler decide anew */
  | 'look'
  /** its job is there: give it more time */
  | 'wait'
  /** its job is gone: put it into the queue again */
  | 'enqueue'
  /** its worker is gone: another one continues from the journal */
  | 'take-back'
  /** its time is used up: end the attempt, so that another one starts */
  | 'give-up'
  /** nothing else helped: people decide */
  | 'ask'
  /** people are late: remind them */
  | 'remind'

export interface Verdict {
  act: Act
  /** milliseconds until somebody looks again */
  moveMs: number
  /** what was done, in words, after "Orchestrator" */
  done: string
}

/** Milliseconds one attempt of an agent may take. */
export const ATTEMPT_CAP_MS = 2 * 3600_000
/** Acts on the same actor before people are asked. */
const MOST_ACTS = 3

const words: Record<Act, string> = {
  timer: 'looked, as the timer said',
  look: 'looked again at what is due',
  wait: 'saw that the work is in hand and gave it more time',
  enqueue: 'put its lost job into the queue again',
  'take-back': 'took it back from a worker that is gone; another one continues',
  'give-up': 'gave up the attempt at its time limit',
  ask: 'asked people what to do',
  remind: 'reminds whoever is asked',
}

/** First 30 seconds, then twice as long each time, at most an hour. */
function moveMs(times: number): number {
  return Math.min(3600_000, 30_000 * 2 ** Math.min(times, 10))
}

/**
 * What is done about an overdue actor. Gentle first (look, more time), then again (the job, another worker), and at
 * last somebody decides: the attempt ends or people are asked. Never nothing.
 */
export function decideOverdue(row: Overdue): Verdict {
  const act = actFor(row)
  const move = act === 'remind' ? 24 * 3600_000 : act === 'give-up' || act === 'ask' ? 60_000 : moveMs(row.times)
  return { act, moveMs: move, done: words[act] }
}

function actFor(row: Overdue): Act {
  if (row.actor === 'timer') return 'timer'
  if (row.noun === 'decision' || row.actor === 'person' || row.actor === 'group') return 'remind'
  switch (row.noun) {
    case 'run':
      return forRun(row)
    case 'task':
      return forTask(row)
    case 'merge':
      return forJob(row)
    case 'requirement':
      return forRequirement(row)
  }
}

/**
 * While it is planned, people are asked when Orchestrator itself does not get on; a planning run is looked after by
 * itself. Later its tasks ask. A verification is never given up: without it nothing is done.
 */
function forRequirement(row: Overdue): Act {
  if (row.verification === 'requested') return row.job === 'none' ? 'enqueue' : 'wait'
  const stuck = row.times >= MOST_ACTS && row.actor === 'system' && !row.inLine
  return stuck && (row.status === 'submitted' || row.status === 'planning') ? 'ask' : 'look'
}

function forRun(row: Overdue): Act {
  const { status, times, forMs, job } = row
  if (status === 'queued') return forJob(row)
  // Nobody has it: the scheduler sets it going when nothing is in the way any more.
  if (status === 'paused') return 'look'
  // Its question is answered; whoever settles budgets sets it going.
  if (status === 'asking') return 'enqueue'
  if (forMs >= ATTEMPT_CAP_MS) return 'give-up'
  if (job === 'active') return 'wait'
  return times >= MOST_ACTS ? 'give-up' : 'take-back'
}

function forTask(row: Overdue): Act {
  if (row.status === 'proving') return forJob(row)
  if (row.status === 'waiting' || row.status === 'ready') return 'look'
  return row.times >= MOST_ACTS && row.actor === 'system' && row.status !== 'merging' && !row.inLine ? 'ask' : 'look'
}

function forJob({ times, job }: Overdue): Act {
  if (job !== 'none') return 'wait'
  return times >= MOST_ACTS ? 'ask' : 'enqueue'
}

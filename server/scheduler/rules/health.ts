/** What is known about a project when somebody asks how it is doing. */
export interface ProjectFacts {
  requirements: number
  activeRequirements: number
  running: number
  /** Tasks that are ready and wait for a free agent. */
  ready: number
  openDecisions: number
  /** Age of the oldest open decision. */
  oldestDecisionMinutes: number | null
  /** Tasks in their second or later attempt. */
  retrying: number
  failedTasks: number
  /** The newest requirement, when it ended without success: "R4 CSV export: …". */
  lastFailure: string | null
  /** Since the last event of the project. */
  quietMinutes: number | null
}

export type HealthState = 'empty' | 'idle' | 'working' | 'needs-you' | 'trouble'

export interface Health {
  state: HealthState
  /** One sentence a person can act on. */
  sentence: string
  /** The facts that decided, in words. */
  reasons: string[]
}

/** Unfinished work without any sign of life for this long has lost its actor: a worker is down, or we have a fault. */
const STALLED_MINUTES = 10

const count = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`

function inWords(minutes: number): string {
  if (minutes < 1) return 'less than a minute'
  if (minutes < 60) return count(Math.floor(minutes), 'minute', 'minutes')
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? count(hours, 'hour', 'hours') : count(Math.floor(hours / 24), 'day', 'days')
}

function isStalled(facts: ProjectFacts): boolean {
  const { activeRequirements, running, openDecisions, quietMinutes } = facts
  return activeRequirements > 0 && running === 0 && openDecisions === 0 && (quietMinutes ?? 0) >= STALLED_MINUTES
}

function reasonsOf(facts: ProjectFacts): string[] {
  const { running, ready, openDecisions, oldestDecisionMinutes, retrying, failedTasks, lastFailure } = facts
  return [
    running > 0 && `${count(running, 'run is', 'runs are')} in progress`,
    ready > 0 && `${count(ready, 'task waits', 'tasks wait')} for a free agent`,
    openDecisions > 0 &&
      `${count(openDecisions, 'question is', 'questions are')} open, the oldest for ${inWords(oldestDecisionMinutes ?? 0)}`,
    retrying > 0 && `${count(retrying, 'task is', 'tasks are')} being tried again`,
    failedTasks > 0 && `${count(failedTasks, 'task has', 'tasks have')} failed`,
    isStalled(facts) && `the last sign of life is ${inWords(facts.quietMinutes ?? 0)} old`,
    lastFailure && `the last requirement did not succeed: ${lastFailure}`,
  ].filter((reason) => typeof reason === 'string')
}

/** How a project is doing: the worst thing that a person should know decides. */
export function projectHealth(facts: ProjectFacts): Health {
  const reasons = reasonsOf(facts)
  const { requirements, activeRequirements, running, openDecisions, lastFailure } = facts
  const open = count(activeRequirements, 'requirement', 'requirements')
  if (requirements === 0) {
    return { state: 'empty', sentence: 'Nothing has been asked for yet.', reasons }
  }
  if (isStalled(facts)) {
    const sentence = `Nothing moves although ${open} ${activeRequirements === 1 ? 'is' : 'are'} not finished: check that the worker runs.`
    return { state: 'trouble', sentence, reasons }
  }
  if (openDecisions > 0) {
    const meanwhile = running > 0 ? 'the rest goes on meanwhile' : 'work is held up'
    const sentence = `${count(openDecisions, 'question waits', 'questions wait')} for an answer; ${meanwhile}.`
    return { state: 'needs-you', sentence, reasons }
  }
  if (activeRequirements > 0)
    return { state: 'working', sentence: `Working on ${open}; nothing is needed from you.`, reasons }
  if (lastFailure) return { state: 'trouble', sentence: 'Idle; the last requirement did not succeed.', reasons }
  return { state: 'idle', sentence: 'All done: nothing is running and nothing is needed from you.', reasons }
}

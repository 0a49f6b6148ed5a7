import { z } from 'zod'
import { signalKindSchema } from '../model'
import type { Candidate, SignalFacts } from '../ports'
import { subjectOfReport } from './gather'
import { at, noFacts, plainLine, plainText } from './reading'

/** An event of our own log, as far as detecting needs it. */
export interface Happened {
  type: string
  payload: unknown
  requirementId: string | null
  taskId: string | null
  /** names for people, where known */
  requirement: string
  task: string
  /** how often this task was sent back before, and now */
  timesSentBack: number
}

/** Times a task is sent back before that is worth telling. */
const REPEATS = 3

const reportSchema = z.object({ kind: signalKindSchema, title: z.string(), detail: z.string() })

interface Own {
  topic: string
  subject: string
  title: string
  detail: string
  facts: Partial<SignalFacts>
}

function own(happened: Happened, given: Own): Candidate {
  return {
    ...given,
    url: '',
    groupKey: happened.requirementId ? `requirement:${happened.requirementId}` : '',
    facts: { ...noFacts, event: happened.type, ...given.facts },
  }
}

/** What an agent said with emit_signal. */
function reported(happened: Happened): Candidate | null {
  const report = reportSchema.safeParse(happened.payload)
  if (!report.success) return null
  const { kind, title, detail } = report.data
  return own(happened, {
    topic: `agent:${kind}`,
    subject: subjectOfReport(kind, plainLine(title)),
    title,
    detail,
    facts: { nature: 'report', state: 'opened', kind },
  })
}

function sentBack(happened: Happened): Candidate | null {
  if (happened.timesSentBack < REPEATS) return null
  return own(happened, {
    topic: 'work:sent-back',
    subject: `work:sent-back:${happened.taskId}`,
    title: `${happened.task || 'A task'} was sent back ${happened.timesSentBack} times`,
    detail: `The last time because: ${plainText(at(happened.payload, 'reason'), 2_000)}`,
    facts: { nature: 'work', state: 'changed', severity: 'medium' },
  })
}

const endings = new Map([
  ['failed', 'failed'],
  ['partly_done', 'changed'],
  ['done', 'passed'],
] as const)

function requirementClosed(happened: Happened): Candidate | null {
  const status = plainLine(at(happened.payload, 'status'), 40)
  const state = endings.get(status as 'done')
  if (!state) return null
  const words = { failed: 'failed', changed: 'is only partly done', passed: 'is done and proven' }[state]
  return own(happened, {
    topic: `work:requirement:${status}`,
    subject: `work:requirement:${happened.requirementId}`,
    title: `${happened.requirement || 'A requirement'} ${words}`,
    detail: plainText(at(happened.payload, 'reason') ?? at(happened.payload, 'statusReason'), 2_000),
    facts: { nature: 'work', state: state === 'changed' ? 'failed' : state },
  })
}

/** What the watchdog mends by itself is its business, unless it does not last; that people are late is theirs. */
const needsPeople = new Set(['remind', 'ask', 'give-up'])
const mends = new Set(['enqueue', 'take-back'])
const MOST_MENDED = 3

function overdue(happened: Happened): Candidate | null {
  const { payload, requirementId } = happened
  const act = plainLine(at(payload, 'act'), 40)
  const inVain = mends.has(act) && Number(at(payload, 'times')) > MOST_MENDED
  if (!needsPeople.has(act) && !inVain) return null
  const what = [plainLine(at(payload, 'noun'), 40), plainLine(at(payload, 'ref'), 40)].filter(Boolean).join(' ')
  const found = own(happened, {
    topic: 'actor:overdue',
    subject: `actor:overdue:${requirementId}:${what}`,
    title: `Late: ${happened.task || happened.requirement || what}`,
    detail: plainText(
      `${plainLine(at(payload, 'reason'), 500)}\nOrchestrator ${plainLine(at(payload, 'done'), 200)}.`,
      1_000,
    ),
    facts: { nature: 'overdue', state: 'waiting', severity: 'high' },
  })
  return { ...found, groupKey: '' }
}

function failed(happened: Happened, topic: string, title: string): Candidate {
  return own(happened, {
    topic,
    subject: `${topic}:${happened.taskId ?? happened.requirementId}`,
    title,
    detail: plainText(at(happened.payload, 'reason') ?? at(happened.payload, 'detail'), 2_000),
    facts: { nature: 'work', state: 'failed', severity: 'high' },
  })
}

/** Which events of ours are worth a signal, and what it says. Most are not: the engine deals with them itself. */
export function detect(happened: Happened): Candidate | null {
  switch (happened.type) {
    case 'run.signalled':
      return reported(happened)
    case 'task.failed':
      return failed(happened, 'work:task-failed', `${happened.task || 'A task'} was given up`)
    case 'task.sent-back':
      return sentBack(happened)
    case 'requirement.closed':
      return requirementClosed(happened)
    case 'verification.recorded':
      return Number(at(happened.payload, 'failed')) > 0
        ? failed(
            happened,
            'work:verification',
            `${happened.requirement || 'A requirement'}: checks fail on what was merged`,
          )
        : null
    case 'actor.overdue':
      return overdue(happened)
    default:
      return null
  }
}

/** How much of a budget is used, reservations included. */
export interface BudgetUse {
  level: string
  ownerId: string
  /** what it belongs to, for people */
  name: string
  /** of the limit that is nearest, between 0 and 1 */
  share: number
}

/** The share of a budget from which on people should know. */
export const BUDGET_NEAR = 0.8

export function detectBudget({ level, ownerId, name, share }: BudgetUse): Candidate | null {
  if (share < BUDGET_NEAR) return null
  const reached = share >= 1
  const whose = plainLine(name, 120) || `the ${level}`
  return {
    topic: `budget:${reached ? 'reached' : 'near'}`,
    subject: `budget:${reached ? 'reached' : 'near'}:${level}:${ownerId}`,
    title: reached
      ? `The budget of ${whose} is used up`
      : `${Math.floor(share * 100)} % of the budget of ${whose} is used`,
    detail: reached ? 'Nothing of it starts another model call until the limit is raised.' : '',
    url: '',
    groupKey: '',
    facts: { ...noFacts, nature: 'budget', state: reached ? 'failed' : 'changed', event: 'budget' },
  }
}

/**
 * The share below which what was told of a budget is over. Well below where it is told: reservations come and go, and
 * nobody wants to hear of each.
 */
export const BUDGET_ROOM = { near: 0.6, reached: BUDGET_NEAR } as const

/** Room again: what was told of this budget is over. */
export function budgetOver({ name, level, ownerId }: BudgetUse, told: keyof typeof BUDGET_ROOM): Candidate {
  return {
    topic: `budget:${told}`,
    subject: `budget:${told}:${level}:${ownerId}`,
    title: `The budget of ${plainLine(name, 120) || `the ${level}`} has room again`,
    detail: '',
    url: '',
    groupKey: '',
    facts: { ...noFacts, nature: 'budget', state: 'resolved', event: 'budget' },
  }
}

export interface AgentHealth {
  agentId: string
  name: string
  ended: number
  failed: number
}

/** Ended runs of the last minutes from which on a share of failures means something. */
const ENOUGH_RUNS = 4

/** An agent most of whose runs fail for reasons of its provider, or one that works again. */
export function detectHealth({ agentId, name, ended, failed: lost }: AgentHealth): Candidate | null {
  if (ended < ENOUGH_RUNS) return null
  const bad = lost / ended >= 0.6
  if (!bad && lost > 0) return null
  return {
    topic: 'health:agent',
    subject: `health:agent:${agentId}`,
    title: bad ? `${name}: ${lost} of ${ended} runs failed in the last 15 minutes` : `${name} works again`,
    detail: bad
      ? 'The reasons lie with its provider: key, limits, availability. The scheduler prefers other agents meanwhile.'
      : '',
    url: '',
    groupKey: '',
    facts: {
      ...noFacts,
      nature: 'health',
      state: bad ? 'failed' : 'passed',
      severity: bad ? 'high' : 'none',
      event: 'health',
    },
  }
}

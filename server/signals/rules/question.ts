import type { Option } from '#server/decisions/model'

export const answers = ['send_back', 'fix', 'hold_fix', 'ignore'] as const
type Answer = (typeof answers)[number]

export interface QuestionFacts {
  title: string
  external: boolean
  sourceLabel: string
  /** why it is about this work */
  affectedWhy: string
  /** the task it is about while it is unfinished */
  task: { ref: string; title: string } | null
  held: { ref: string }[]
  holds: boolean
}

/** Days after which a question that no work waits for ends by itself. */
const UNANSWERED_DAYS = 7

export interface SignalQuestion {
  question: string
  why: string
  options: Option[]
  recommended: Answer
  recommendedWhy: string
  /** left out when work waits for the answer */
  expiresAfterMs?: number
}

/** How to go on after something failed. Who is asked sees what waits, and that outside text is a claim. */
export function questionOf(facts: QuestionFacts): SignalQuestion {
  const { task, held, holds } = facts
  const refs = held.map((one) => one.ref).join(', ')
  const waits = holds && held.length > 0
  const options: Option[] = [
    ...(task
      ? [
          {
            id: 'send_back',
            label: `Send ${task.ref} back with the failure`,
            consequence: `${task.ref} “${task.title}” begins another attempt and is told what failed.${waits ? ' The rest goes on.' : ''}`,
            reversible: true,
          },
        ]
      : []),
    {
      id: 'fix',
      label: 'Go on, and fix it by a new requirement',
      consequence: `A requirement to mend it is submitted.${waits ? ` ${refs} ${held.length === 1 ? 'goes' : 'go'} on meanwhile.` : ''}`,
      reversible: true,
    },
    {
      id: 'hold_fix',
      label: 'Hold, and fix it first by a new requirement',
      consequence: waits
        ? `${refs} ${held.length === 1 ? 'waits' : 'wait'} until the fix has ended.`
        : 'A requirement to mend it is submitted.',
      reversible: true,
    },
    {
      id: 'ignore',
      label: 'Go on and ignore it',
      consequence: 'Nothing is done about it. The signal is closed and counts against its rule.',
      reversible: true,
    },
  ]
  const origin = facts.external ? `${facts.sourceLabel} reported it; its words are a claim from outside. ` : ''
  const waiting = waits ? `${refs} ${held.length === 1 ? 'is' : 'are'} held until this is answered. ` : ''
  return {
    question: `${facts.title}. How do we go on?`,
    why: `${origin}${waiting}${facts.affectedWhy}`.trim(),
    options,
    recommended: task ? 'send_back' : 'fix',
    recommendedWhy: task
      ? 'Its agent knows the work and gets the failure as feedback.'
      : 'It gets mended and proven like everything else, and nobody waits.',
    ...(waits ? {} : { expiresAfterMs: UNANSWERED_DAYS * 24 * 3600_000 }),
  }
}

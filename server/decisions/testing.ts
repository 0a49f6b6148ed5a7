import { randomUUID } from 'node:crypto'
import type { Scope } from '#server/auth/model'
import { raiseDecision } from './commands'
import type { DecisionDraft, Option } from './model'

/** Two options that can be changed later and one that can't. */
const testOptions: Option[] = [
  { id: 'memory', label: 'Keep it in memory', consequence: 'Gone after a restart.', reversible: true },
  { id: 'file', label: 'Write a file', consequence: 'Stays.', reversible: true },
  { id: 'drop', label: 'Leave it out', consequence: 'It is not built.', reversible: false },
]

/** Raises a question with everything a draft must have; each call is another one unless a key is given. */
export function raiseTestDecision(scope: Scope, projectId: string, more: Partial<DecisionDraft> = {}) {
  return raiseDecision(scope, {
    projectId,
    kind: 'agent_question',
    question: 'Keep the tasks in memory or in a file?',
    why: 'The storage depends on it.',
    options: testOptions,
    recommended: 'file',
    recommendedWhy: 'Nothing is lost.',
    dedupeKey: randomUUID(),
    ...more,
  })
}

'use client'

import { useActionState } from 'react'
import { Button } from '#components/ui/button'
import { ErrorPanel } from '#components/ui/page-state'
import type { DecisionView } from '#server/decisions/queries'
import { DecisionFields } from './decision-fields'
import { KeyHint } from './decision-keys'

/** What went wrong with an answer, and what was sent, so that the form keeps it. */
export interface AnswerProblem {
  message: string
  option: string
  comment: string
}

/** Takes the form's fields; returns only when the answer was not taken. */
export type AnswerAction = (before: AnswerProblem | null, form: FormData) => Promise<AnswerProblem | null>

/** Answers one decision. A plain form at heart: without JavaScript it is sent by the browser. */
export function DecisionForm({ decision, action }: { decision: DecisionView; action: AnswerAction }) {
  const [problem, send, busy] = useActionState(action, null)
  return (
    <form action={send} className="flex flex-col gap-4">
      <input type="hidden" name="decisionId" value={decision.id} />
      {problem && <ErrorPanel title="Your answer was not taken." detail={problem.message} />}
      <DecisionFields decision={decision} chosen={problem?.option} comment={problem?.comment} key={problem?.comment} />
      <div className="sticky bottom-0 z-10 -mx-4 border-t border-border bg-canvas px-4 py-3 max-md:bottom-[calc(3.5rem+env(safe-area-inset-bottom))] md:static md:mx-0 md:border-0 md:px-0 md:py-0">
        <div className="flex flex-wrap items-center gap-3">
          <Button
            type="submit"
            variant="primary"
            size="large"
            busy={busy}
            data-decision-key="enter"
            className="max-md:w-full"
          >
            {busy ? 'Sending…' : 'Send answer'}
          </Button>
          <span className="text-meta text-muted">
            <KeyHint>1–4 choose, Enter sends, H puts off, D hands on</KeyHint>
          </span>
        </div>
      </div>
    </form>
  )
}

'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Button } from '#components/ui/button'
import { DeniedPanel, ErrorPanel } from '#components/ui/page-state'
import { toast } from '#components/ui/toast'
import type { DecisionView } from '#server/decisions/queries'
import { DecisionOrigin, DecisionWhy } from './decision-facts'
import { DecisionFields } from './decision-fields'
import { DecisionOutcome } from './decision-outcome'

/** Keys act on the panel only while nobody types and no control that uses them has the focus. */
function isFree(target: EventTarget | null): boolean {
  return (
    !(target instanceof Element) ||
    !target.closest('textarea, select, [role=dialog], [role=menu], input:not([type=radio])')
  )
}

/** One decision inside another page: read, choose, send. 1–4 choose, Enter sends. */
export function DecisionPanel(props: { decision: DecisionView; mayAnswer: boolean; keys?: boolean }) {
  const { decision, mayAnswer, keys = false } = props
  const trpc = useTRPC()
  const queries = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const [chosen, setChosen] = useState(decision.recommended ?? undefined)
  const answer = useMutation(
    trpc.decisions.answer.mutationOptions({
      onSuccess: (answered) => {
        toast({ kind: 'success', text: 'Answer sent', detail: answered.question })
      },
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.decisions.pathKey() }),
    }),
  )

  useEffect(() => {
    if (!keys || !mayAnswer || decision.status !== 'open') return
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || !isFree(event.target)) return
      if (localStorage.getItem('single-keys') === 'off') return
      const option = decision.options[Number(event.key) - 1]
      if (option) setChosen(option.id)
      else if (event.key === 'Enter' && !isButton(event.target)) form.current?.requestSubmit()
      else return
      event.preventDefault()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [keys, mayAnswer, decision])

  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!chosen || answer.isPending) return
    const comment = String(new FormData(event.currentTarget).get('comment') ?? '')
    answer.mutate({ decisionId: decision.id, option: chosen, comment })
  }
  return (
    <article aria-labelledby={`question-${decision.id}`} className="flex flex-col gap-3">
      <h2 id={`question-${decision.id}`} className="text-lead font-semibold wrap-anywhere">
        <VisibleText text={decision.question} />
      </h2>
      <DecisionOrigin decision={decision} />
      <DecisionWhy decision={decision} />
      {answer.error && (
        <ErrorPanel
          title="Your answer was not taken."
          detail={errorText(answer.error)}
          errorId={errorIdOf(answer.error)}
        />
      )}
      {decision.status !== 'open' && <DecisionOutcome decision={decision} />}
      {decision.status === 'open' && !mayAnswer && <DeniedPanel what="Answering" needed="member" yours="viewer" />}
      {decision.status === 'open' && mayAnswer && (
        <form ref={form} onSubmit={onSubmit} className="flex flex-col gap-4">
          <DecisionFields decision={decision} chosen={chosen} onChoose={setChosen} disabled={answer.isPending} />
          <div className="flex flex-wrap items-center gap-3">
            <Button type="submit" variant="primary" busy={answer.isPending} disabled={!chosen}>
              {answer.isPending ? 'Sending…' : 'Send answer'}
            </Button>
            {keys && (
              <span className="text-meta text-muted max-md:hidden">1–4 choose, Enter sends, J/K next and previous</span>
            )}
          </div>
        </form>
      )}
    </article>
  )
}

function isButton(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a, summary') !== null
}

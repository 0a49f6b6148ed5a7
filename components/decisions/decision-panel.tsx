'use client'

import { type FormEvent, useState } from 'react'
import { VisibleText } from '#components/runs/visible-text'
import { Button } from '#components/ui/button'
import { TextLink } from '#components/ui/link'
import { ErrorPanel } from '#components/ui/page-state'
import { Time } from '#components/ui/time'
import type { DecisionView } from '#server/decisions/queries'
import { DecisionOrigin, DecisionWhy, NotAsked } from './decision-facts'
import { DecisionFields } from './decision-fields'
import { DecisionHanding } from './decision-handing'
import { KeyHint } from './decision-keys'
import { DecisionKnown, DecisionPrecedents } from './decision-known'
import type { Answering } from './use-answering'

/** One decision beside the list: read, choose, send. Keys press what is marked with them. */
export function DecisionPanel(props: { decision: DecisionView; mayAnswer: boolean; answering: Answering }) {
  const { decision, mayAnswer, answering } = props
  const refused = answering.refused?.decisionId === decision.id ? answering.refused : null
  const [chosen, setChosen] = useState(refused?.option ?? decision.recommended ?? undefined)
  const may = mayAnswer && decision.asked

  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!chosen) return
    answering.send(decision, chosen, String(new FormData(event.currentTarget).get('comment') ?? ''))
  }
  return (
    <article aria-labelledby={`question-${decision.id}`} className="flex flex-col gap-3">
      <h2 id={`question-${decision.id}`} tabIndex={-1} className="outline-none text-lead font-semibold wrap-anywhere">
        <VisibleText text={decision.question} />
      </h2>
      <DecisionOrigin decision={decision} />
      <DecisionWhy decision={decision} />
      <DecisionKnown decision={decision} When={Time} />
      <DecisionPrecedents decision={decision} CaseLink={TextLink} />
      {refused && <ErrorPanel title="Your answer was not taken." detail={refused.message} />}
      {!may && <NotAsked decision={decision} mayAnswer={mayAnswer} />}
      {may && (
        <form onSubmit={onSubmit} className="flex flex-col gap-4">
          <DecisionFields decision={decision} chosen={chosen} comment={refused?.comment} onChoose={setChosen} />
          <div className="flex flex-wrap items-center gap-3">
            <Button type="submit" variant="primary" disabled={!chosen} data-decision-key="enter">
              Send answer
            </Button>
            <span className="text-meta text-muted">
              <KeyHint>1–4 choose, Enter sends, U takes back, J/K next and previous</KeyHint>
            </span>
          </div>
        </form>
      )}
      {mayAnswer && <DecisionHanding decision={decision} />}
    </article>
  )
}

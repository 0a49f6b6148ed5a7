'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Button } from '#components/ui/button'
import { classNames } from '#components/ui/class-names'
import { Empty } from '#components/ui/empty'
import { QuietLink } from '#components/ui/link'
import { Status } from '#components/ui/status'
import { Time } from '#components/ui/time'
import type { DecisionView } from '#server/decisions/queries'
import { decisionAbout } from './decision-facts'
import { DecisionKeys } from './decision-keys'
import { DecisionPanel } from './decision-panel'
import { blockedInWords } from './decision-words'
import { decisionKey } from './keys'
import { UndoBar } from './undo-bar'
import { useAnswering } from './use-answering'

interface InboxProps {
  open: DecisionView[]
  closed: DecisionView[]
  mayAnswer: boolean
}

/** What waits for people: the costliest wait first. On a phone the list leads to a page for each decision. */
export function DecisionInbox({ open: initialOpen, closed: initialClosed, mayAnswer }: InboxProps) {
  const trpc = useTRPC()
  const all = useQuery(trpc.decisions.open.queryOptions({}, { initialData: initialOpen })).data
  const closed = useQuery(trpc.decisions.closed.queryOptions({}, { initialData: initialClosed })).data
  const open = all.filter((decision) => decision.snoozedUntil === null)
  const snoozed = all.filter((decision) => decision.snoozedUntil !== null)
  const answering = useAnswering()
  const [chosen, setChosen] = useState<string>()
  const [seen, setSeen] = useState(answering.refused)
  if (answering.refused !== seen) {
    setSeen(answering.refused)
    // Back to the question whose answer was not taken: what was entered stands in its form.
    if (answering.refused) setChosen(answering.refused.decisionId)
  }
  const selected = open.find((decision) => decision.id === chosen) ?? open[0]
  // Held on to: the order changes while people read and write, and the decision under their hands must not.
  if (selected && selected.id !== chosen) setChosen(selected.id)
  useKeptFocus(selected?.id)
  const select = (id: string) => {
    // The focus goes with it: left on the row, Enter would press the row again instead of sending the answer.
    flushSync(() => setChosen(id))
    document.getElementById(`question-${id}`)?.focus({ preventScroll: true })
  }

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const key = decisionKey(event)
      if (key !== 'j' && key !== 'k') return
      const next = open[open.findIndex((decision) => decision.id === selected?.id) + (key === 'j' ? 1 : -1)]
      if (!next) return
      setChosen(next.id)
      event.preventDefault()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [open, selected])

  return (
    <DecisionKeys className="flex flex-col gap-8">
      <UndoBar answering={answering} />
      {selected ? (
        <div className="grid gap-6 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
          <OpenList decisions={open} selected={selected.id} onSelect={select} />
          <div className="rounded-lg border border-border bg-surface px-4 py-4 max-lg:hidden">
            <DecisionPanel key={selected.id} decision={selected} mayAnswer={mayAnswer} answering={answering} />
          </div>
        </div>
      ) : (
        <Empty title="Nothing needs you">
          Questions of agents and plans to approve appear here, those that hold up the most work first. For example:
          “Keep the tasks in memory or in a file?”
        </Empty>
      )}
      {snoozed.length > 0 && <SnoozedList decisions={snoozed} />}
      {closed.length > 0 && <ClosedList decisions={closed} />}
    </DecisionKeys>
  )
}

/** What had the focus may have left with an answered decision: the next question takes it, or else the page. */
function useKeptFocus(selected: string | undefined): void {
  const before = useRef(selected)
  useEffect(() => {
    if (before.current === selected) return
    before.current = selected
    if (document.activeElement !== document.body) return
    document.getElementById(selected ? `question-${selected}` : 'main')?.focus({ preventScroll: true })
  }, [selected])
}

function SnoozedList({ decisions }: { decisions: DecisionView[] }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const wake = useMutation(
    trpc.decisions.wake.mutationOptions({
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.decisions.pathKey() }),
    }),
  )
  return (
    <section aria-labelledby="snoozed-decisions" className="flex flex-col gap-2">
      <h2 id="snoozed-decisions" className="text-body font-semibold">
        Put off by you ({decisions.length})
      </h2>
      <ul className="divide-y divide-border rounded-lg border border-border bg-surface">
        {decisions.map((decision) => (
          <li key={decision.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2">
            <span className="flex min-w-0 flex-1 basis-60 flex-col">
              <QuietLink href={`/decisions/${decision.id}`} className="target content-center text-body wrap-anywhere">
                <VisibleText text={decision.question} />
              </QuietLink>
              <span className="text-meta text-muted">
                comes back {decision.snoozedUntil && <Time value={decision.snoozedUntil} />}
              </span>
            </span>
            <Button size="small" busy={wake.isPending} onClick={() => wake.mutate({ decisionId: decision.id })}>
              Show it now
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function OpenList(props: { decisions: DecisionView[]; selected: string; onSelect: (id: string) => void }) {
  const { decisions, selected, onSelect } = props
  return (
    <section aria-labelledby="open-decisions" className="flex flex-col gap-2">
      <h2 id="open-decisions" className="text-body font-semibold">
        Waiting ({decisions.length})
      </h2>
      <ul className="divide-y divide-border rounded-lg border border-border bg-surface">
        {decisions.map((decision) => {
          const current = decision.id === selected
          const rows = (
            <>
              <span className="text-body font-medium wrap-anywhere">
                <VisibleText text={decision.question} />
              </span>
              <span className="text-meta text-muted">
                {decisionAbout(decision.kind)} · {blockedInWords(decision)} · <Time value={decision.createdAt} />
              </span>
            </>
          )
          return (
            <li key={decision.id}>
              <button
                type="button"
                aria-current={current || undefined}
                onClick={() => onSelect(decision.id)}
                className={classNames(
                  'target flex w-full flex-col gap-1 border-l-4 px-4 py-3 text-left outline-offset-[-2px] hover:bg-sunken max-lg:hidden',
                  current ? 'border-accent bg-sunken' : 'border-transparent',
                )}
              >
                {rows}
              </button>
              <QuietLink
                href={`/decisions/${decision.id}`}
                className="target flex w-full flex-col gap-1 px-4 py-3 outline-offset-[-2px] hover:no-underline lg:hidden"
              >
                {rows}
              </QuietLink>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function ClosedList({ decisions }: { decisions: DecisionView[] }) {
  return (
    <section aria-labelledby="closed-decisions" className="flex flex-col gap-2">
      <h2 id="closed-decisions" className="text-body font-semibold">
        Answered or over
      </h2>
      <ul className="divide-y divide-border rounded-lg border border-border bg-surface">
        {decisions.map((decision) => {
          const label = decision.options.find((option) => option.id === decision.answer)?.label
          const ended = decision.status === 'expired' ? 'Expired' : 'No longer needed'
          return (
            <li key={decision.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
              <Status kind={decision.status === 'answered' ? 'done' : 'cancelled'} look="icon">
                {decision.status === 'answered' ? 'Answered' : ended}
              </Status>
              <QuietLink
                href={`/decisions/${decision.id}`}
                className="inline-flex min-h-6 min-w-0 items-center wrap-anywhere"
              >
                <span>
                  <VisibleText text={decision.question} />
                </span>
              </QuietLink>
              <span className="text-table text-muted">
                {label ? <VisibleText text={label} /> : ended}
                {decision.answeredAt && (
                  <>
                    {' · '}
                    <VisibleText text={decision.answeredBy} /> · <Time value={decision.answeredAt} />
                  </>
                )}
              </span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

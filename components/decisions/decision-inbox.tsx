'use client'

import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { classNames } from '#components/ui/class-names'
import { Empty } from '#components/ui/empty'
import { QuietLink } from '#components/ui/link'
import { Status } from '#components/ui/status'
import { Time } from '#components/ui/time'
import type { DecisionView } from '#server/decisions/queries'
import { blockedInWords, decisionAbout } from './decision-facts'
import { DecisionPanel } from './decision-panel'

interface InboxProps {
  open: DecisionView[]
  closed: DecisionView[]
  mayAnswer: boolean
}

/** What waits for people: the costliest wait first. On a phone the list leads to a page for each decision. */
export function DecisionInbox({ open: initialOpen, closed: initialClosed, mayAnswer }: InboxProps) {
  const trpc = useTRPC()
  const open = useQuery(trpc.decisions.open.queryOptions({}, { initialData: initialOpen })).data
  const closed = useQuery(trpc.decisions.closed.queryOptions({}, { initialData: initialClosed })).data
  const [chosen, setChosen] = useState<string>()
  const selected = open.find((decision) => decision.id === chosen) ?? open[0]

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !['j', 'k'].includes(event.key)) return
      if (event.target instanceof Element && event.target.closest('textarea, input:not([type=radio]), [role=dialog]'))
        return
      if (localStorage.getItem('single-keys') === 'off') return
      const index = open.findIndex((decision) => decision.id === selected?.id)
      const next = open[index + (event.key === 'j' ? 1 : -1)]
      if (!next) return
      event.preventDefault()
      setChosen(next.id)
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [open, selected])

  return (
    <div className="flex flex-col gap-8">
      {selected ? (
        <div className="grid gap-6 lg:grid-cols-[2fr_3fr]">
          <OpenList decisions={open} selected={selected.id} onSelect={setChosen} />
          <div className="rounded-lg border border-border bg-surface px-4 py-4 max-lg:hidden">
            <DecisionPanel key={selected.id} decision={selected} mayAnswer={mayAnswer} keys />
          </div>
        </div>
      ) : (
        <Empty title="Nothing needs you">
          Questions of agents and plans to approve appear here, those that hold up the most work first. For example:
          “Keep the tasks in memory or in a file?”
        </Empty>
      )}
      {closed.length > 0 && <ClosedList decisions={closed} />}
    </div>
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
                {decisionAbout(decision.kind)} · {blockedInWords(decision.blockedTasks)} ·{' '}
                <Time value={decision.createdAt} />
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
                  'target flex w-full flex-col gap-1 border-l-4 border-transparent px-4 py-3 text-left outline-offset-[-2px] hover:bg-sunken max-lg:hidden',
                  current && 'border-accent bg-sunken',
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
        Answered
      </h2>
      <ul className="divide-y divide-border rounded-lg border border-border bg-surface">
        {decisions.map((decision) => {
          const label = decision.options.find((option) => option.id === decision.answer)?.label
          return (
            <li key={decision.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
              <Status kind={decision.status === 'answered' ? 'done' : 'cancelled'} look="icon">
                {decision.status === 'answered' ? 'Answered' : 'No longer needed'}
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
                {label ? <VisibleText text={label} /> : 'no longer needed'}
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

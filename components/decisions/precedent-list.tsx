'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Badge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Field } from '#components/ui/field'
import { ErrorPanel } from '#components/ui/page-state'
import { Select } from '#components/ui/select'
import { Time } from '#components/ui/time'
import { toast } from '#components/ui/toast'
import type { PrecedentRow } from '#server/decisions/precedents'
import { BacktestTable } from './backtest-table'
import { decisionAbout } from './decision-facts'

const modes: Record<PrecedentRow['mode'], { words: string; tone: 'neutral' | 'accent' | 'attention' }> = {
  off: { words: 'off', tone: 'neutral' },
  propose: { words: 'shown only', tone: 'accent' },
  auto: { words: 'answers by itself', tone: 'attention' },
}

/** Every kind of question, what precedents may do for it, and the backtest that goes before letting them answer. */
export function PrecedentList({ initial, mayChange }: { initial: PrecedentRow[]; mayChange: boolean }) {
  const trpc = useTRPC()
  const rows = useQuery(trpc.decisions.precedents.queryOptions(undefined, { initialData: initial })).data
  return (
    <ul className="flex flex-col gap-4">
      {rows.map((row) => (
        <li key={row.kind}>
          <PrecedentCard row={row} mayChange={mayChange} />
        </li>
      ))}
    </ul>
  )
}

function PrecedentCard({ row, mayChange }: { row: PrecedentRow; mayChange: boolean }) {
  const title = decisionAbout(row.kind)
  const { words, tone } = modes[row.mode]
  return (
    <Card aria-labelledby={`precedent-${row.kind}`}>
      <CardHeader id={`precedent-${row.kind}`} title={title} />
      <CardBody>
        <div className="flex flex-col gap-3">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-table text-muted">
            <Badge tone={tone}>{words}</Badge>
            <span>{row.decisions === 1 ? '1 answer by people' : `${row.decisions} answers by people`}</span>
            {row.mode === 'auto' && (
              <span>
                {row.answered} answered by precedent lately, {row.undone} taken back
              </span>
            )}
            {row.changedAt && (
              <span>
                set by <VisibleText text={row.changedBy} /> <Time value={row.changedAt} />
              </span>
            )}
          </p>
          {row.demotedAt && (
            <p role="status" className="rounded-md bg-needs-you-soft px-3 py-2 text-body text-needs-you-fg">
              It stopped answering by itself <Time value={row.demotedAt} />: {row.demotedReason}
            </p>
          )}
          <Settings row={row} title={title} mayChange={mayChange} />
        </div>
      </CardBody>
    </Card>
  )
}

const thresholds = [0.8, 0.85, 0.9, 0.95]

function Settings({ row, title, mayChange }: { row: PrecedentRow; title: string; mayChange: boolean }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const [threshold, setThreshold] = useState(row.threshold)
  const [testing, setTesting] = useState(false)
  const { kind } = row
  const test = useQuery(trpc.decisions.backtest.queryOptions({ kind, threshold }, { enabled: testing }))
  const change = useMutation(
    trpc.decisions.changePrecedents.mutationOptions({
      onSuccess: () => toast({ kind: 'success', text: 'Saved' }),
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.decisions.precedents.queryKey() }),
    }),
  )
  const set = (mode: PrecedentRow['mode']) => change.mutate({ kind, mode, threshold })
  const offered = [...new Set([...thresholds, row.threshold])].sort()
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-2">
        <Field id={`threshold-${kind}`} label="Least confidence">
          {(control) => (
            <Select
              {...control}
              className="w-auto"
              value={threshold}
              onChange={(event) => setThreshold(Number(event.target.value))}
            >
              {offered.map((value) => (
                <option key={value} value={value}>
                  {Math.round(value * 100)} %
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Button aria-expanded={testing} aria-label={`Backtest: ${title}`} onClick={() => setTesting((open) => !open)}>
          Backtest
        </Button>
        {mayChange && row.mode !== 'off' && (
          <Button aria-label={`Switch off: ${title}`} busy={change.isPending} onClick={() => set('off')}>
            Switch off
          </Button>
        )}
        {mayChange && row.mode !== 'propose' && (
          <Button aria-label={`Only show: ${title}`} busy={change.isPending} onClick={() => set('propose')}>
            Only show
          </Button>
        )}
      </div>
      {change.error && (
        <ErrorPanel title="Nothing was changed." detail={errorText(change.error)} errorId={errorIdOf(change.error)} />
      )}
      {testing && test.isPending && <p className="text-table text-muted">Replaying the recorded decisions…</p>}
      {testing && test.error && <ErrorPanel title="The backtest did not run." detail={errorText(test.error)} />}
      {testing && test.data && (
        <>
          <BacktestTable title={title} tested={test.data} />
          {mayChange && row.mode !== 'auto' && test.data.refusals.length === 0 && (
            <Button
              variant="primary"
              className="self-start"
              aria-label={`Let it answer by itself: ${title}`}
              busy={change.isPending}
              onClick={() => set('auto')}
            >
              Let it answer by itself
            </Button>
          )}
        </>
      )}
    </div>
  )
}

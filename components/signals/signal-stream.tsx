'use client'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Badge, ScriptedBadge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { Empty } from '#components/ui/empty'
import { QuietLink } from '#components/ui/link'
import { ErrorPanel } from '#components/ui/page-state'
import { Status } from '#components/ui/status'
import { Time } from '#components/ui/time'
import type { SignalLine, SignalPage } from '#server/signals/queries'
import { SignalFilters } from './signal-filters'
import { effectOf, impactWords, kindWords, receiverOf, statusOf, urgencyWords } from './signal-words'

export interface StreamFilter {
  projectId: string
  kind?: 'requirement' | 'decision_needed' | 'innovation' | 'quality_issue' | 'integration'
  urgency?: 'now' | 'today' | 'whenever'
  status?: 'open' | 'closed' | 'muted' | 'all'
  source?: string
}

interface StreamProps {
  filter: StreamFilter
  initial: SignalPage
}

/** The newest page of the stream, kept live; one request for all who show a part of it. */
function useStream({ filter, initial }: StreamProps) {
  const trpc = useTRPC()
  return useQuery(trpc.signals.list.queryOptions(filter, { initialData: initial }))
}

/** How many are open by urgency, whatever the filters say. */
export function OpenSignals(props: StreamProps) {
  const { now, today, whenever } = useStream(props).data.open
  return (
    <span className="number text-table text-muted">
      {now} now, {today} today, {whenever} whenever
    </span>
  )
}

/** The filters, with the sources there are by now. Outlives the stream below, so that the focus stays where it is. */
export function StreamFilters(props: StreamProps) {
  return <SignalFilters sources={useStream(props).data.sources} />
}

/** What was noticed, the latest first, kept live; older ones are read on request. */
export function SignalStream({ filter, initial }: StreamProps) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const stream = useStream({ filter, initial })
  const [older, setOlder] = useState<SignalPage>()
  const [reading, setReading] = useState<'idle' | 'busy' | 'failed'>('idle')
  const { data } = stream
  const before = older ? older.before : data.before
  const readOlder = async () => {
    if (!before) return
    setReading('busy')
    try {
      const page = await queries.fetchQuery(trpc.signals.list.queryOptions({ ...filter, before }))
      setOlder({ ...page, signals: [...(older?.signals ?? []), ...page.signals] })
      setReading('idle')
    } catch {
      setReading('failed')
    }
  }
  const known = new Set(data.signals.map((signal) => signal.id))
  const signals = [...data.signals, ...(older?.signals ?? []).filter((signal) => !known.has(signal.id))]
  const filtered = Boolean(filter.kind || filter.urgency || filter.source || (filter.status ?? 'open') !== 'open')
  return (
    <div className="flex flex-col gap-4">
      {stream.error && (
        <ErrorPanel
          title="The signals could not be brought up to date."
          detail={errorText(stream.error)}
          errorId={errorIdOf(stream.error)}
          retry={<Button onClick={() => stream.refetch()}>Try again</Button>}
        />
      )}
      {signals.length === 0 ? (
        <NoSignals filtered={filtered} />
      ) : (
        <ul
          aria-label="Signals, latest first"
          className="divide-y divide-border rounded-lg border border-border bg-surface"
        >
          {signals.map((signal) => (
            <Line key={signal.id} projectId={filter.projectId} signal={signal} />
          ))}
        </ul>
      )}
      {before && (
        <div className="flex flex-wrap items-center gap-3">
          <Button busy={reading === 'busy'} onClick={readOlder}>
            Show older
          </Button>
          {reading === 'failed' && <p role="alert">Older signals could not be loaded. Please try again.</p>}
        </div>
      )}
    </div>
  )
}

function NoSignals({ filtered }: { filtered: boolean }) {
  if (filtered)
    return (
      <Empty title="No signal fits these filters">Choose “All” as the status to see closed and muted ones too.</Empty>
    )
  return (
    <Empty title="Nothing is open">
      Failing pipelines, alerts, issues and what agents notice appear here, with what they set in motion. Connect a tool
      under Sources, for example “CI failed on main” from GitHub.
    </Empty>
  )
}

function Line({ projectId, signal }: { projectId: string; signal: SignalLine }) {
  const [status, word] = statusOf(signal)
  return (
    <li className="flex flex-col gap-1 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Status kind={status}>{word}</Status>
        <QuietLink
          href={`/projects/${projectId}/signals/${signal.id}`}
          className="inline-flex min-h-6 min-w-0 items-center text-body font-medium wrap-anywhere"
        >
          <span>
            <VisibleText text={signal.title} />
          </span>
        </QuietLink>
        {signal.count > 1 && <Badge title="Reported again; counted, not repeated">{signal.count} times</Badge>}
        {signal.groupSize > 1 && <Badge title="A burst that this signal speaks for">burst of {signal.groupSize}</Badge>}
        {signal.scripted && <ScriptedBadge />}
      </div>
      <p className="flex flex-wrap items-center gap-x-2 text-table text-muted">
        <span>{kindWords[signal.kind] ?? signal.kind}</span>
        <span aria-hidden>·</span>
        <span>{urgencyWords[signal.urgency] ?? signal.urgency}</span>
        <span aria-hidden>·</span>
        <span>{impactWords[signal.impact] ?? signal.impact}</span>
        <span aria-hidden>·</span>
        <span className="wrap-anywhere">
          <VisibleText text={signal.sourceLabel} />
        </span>
        <span aria-hidden>·</span>
        <Time value={signal.lastSeenAt} />
      </p>
      <p className="text-table wrap-anywhere">
        <span className="text-muted">To {receiverOf(signal)}: </span>
        {effectOf(signal)}
      </p>
    </li>
  )
}

'use client'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleQuestionMark, CircleX, Dot, LoaderCircle, SquareCheck } from 'lucide-react'
import { useState } from 'react'
import { useLiveEvent } from '#components/providers/live-events'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Button } from '#components/ui/button'
import { classNames } from '#components/ui/class-names'
import { Empty } from '#components/ui/empty'
import { TextLink } from '#components/ui/link'
import { ErrorPanel } from '#components/ui/page-state'
import { SkeletonRows } from '#components/ui/skeleton'
import { Time } from '#components/ui/time'
import type { ActivityLine, ActivityPage } from '#server/audit/queries'

const tones = {
  neutral: { icon: Dot, word: '', look: 'text-muted' },
  running: { icon: LoaderCircle, word: 'In progress: ', look: 'text-running-fg' },
  good: { icon: SquareCheck, word: 'Good: ', look: 'text-succeeded-fg' },
  bad: { icon: CircleX, word: 'Problem: ', look: 'text-failed-fg' },
  'needs-you': { icon: CircleQuestionMark, word: '', look: 'text-needs-you-fg' },
} as const

function targetOf(line: ActivityLine): { href: string; label: string } | null {
  if (line.decisionId) return { href: `/decisions/${line.decisionId}`, label: 'Decision' }
  if (line.taskId && line.projectId) {
    return { href: `/projects/${line.projectId}/tasks/${line.taskId}`, label: line.taskName ?? 'Task' }
  }
  if (line.requirementId && line.projectId) {
    return {
      href: `/projects/${line.projectId}/requirements/${line.requirementId}`,
      label: line.requirementName ?? 'Requirement',
    }
  }
  return null
}

function Line({ line }: { line: ActivityLine }) {
  const { icon: Icon, word, look } = tones[line.tone]
  const target = targetOf(line)
  return (
    <li className="flex gap-3 px-4 py-2">
      <Icon aria-hidden className={classNames('mt-0.5 size-4 shrink-0', look)} />
      <div className="flex min-w-0 flex-col">
        <p className="text-body wrap-anywhere">
          <span className="sr-only">{word}</span>
          <VisibleText text={line.text} />
        </p>
        <p className="flex flex-wrap items-center gap-x-2 text-meta text-muted">
          <Time value={line.at} />
          {target && (
            <TextLink href={target.href} className="inline-flex min-h-6 items-center">
              <span className="wrap-anywhere">
                <VisibleText text={target.label} />
              </span>
            </TextLink>
          )}
        </p>
      </div>
    </li>
  )
}

export interface ActivityAbout {
  projectId?: string
  requirementId?: string
  taskId?: string
}

/**
 * What happened, newest first. New lines are announced by a count and put in on request, so that nothing moves under
 * the pointer; older ones are read on request.
 */
export function ActivityFeed({ about, initial }: { about: ActivityAbout; initial?: ActivityPage }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const feed = useQuery(
    trpc.activity.list.queryOptions(
      { ...about, limit: 100 },
      { initialData: initial, staleTime: 0, meta: { live: false } },
    ),
  )
  const [fresh, setFresh] = useState(0)
  const [older, setOlder] = useState<ActivityPage>()
  const [reading, setReading] = useState<'idle' | 'busy' | 'failed'>('idle')

  useLiveEvent(
    (message) =>
      message.type === 'event' &&
      (!about.projectId || message.event.projectId === about.projectId) &&
      (!about.requirementId || message.event.requirementId === about.requirementId) &&
      (!about.taskId || message.event.taskId === about.taskId),
    () => setFresh((count) => count + 1),
  )
  const showFresh = async () => {
    setOlder(undefined)
    await feed.refetch()
    setFresh(0)
  }
  const before = older ? older.before : feed.data?.before
  const readOlder = async () => {
    if (!before) return
    setReading('busy')
    try {
      const page = await queries.fetchQuery(trpc.activity.list.queryOptions({ ...about, limit: 100, before }))
      setOlder({ lines: [...(older?.lines ?? []), ...page.lines], before: page.before })
      setReading('idle')
    } catch {
      setReading('failed')
    }
  }

  if (feed.error && !feed.data) {
    return (
      <ErrorPanel
        title="The activity could not be loaded."
        detail={errorText(feed.error)}
        errorId={errorIdOf(feed.error)}
        retry={<Button onClick={() => feed.refetch()}>Try again</Button>}
      />
    )
  }
  if (!feed.data) return <SkeletonRows rows={6} />
  const lines = [...feed.data.lines, ...(older?.lines ?? [])]
  return (
    <div className="flex flex-col gap-3">
      <div role="status" className="empty:hidden">
        {fresh > 0 && (
          <Button size="small" variant="primary" busy={feed.isFetching} onClick={showFresh}>
            Show {fresh} new
          </Button>
        )}
      </div>
      {lines.length === 0 ? (
        <Empty title="Nothing has happened yet">
          Every step appears here as a sentence, for example “T2 Store was merged”.
        </Empty>
      ) : (
        <ol
          aria-label="Activity, newest first"
          className="divide-y divide-border rounded-lg border border-border bg-surface"
        >
          {lines.map((line) => (
            <Line key={line.sequence} line={line} />
          ))}
        </ol>
      )}
      {before && (
        <div className="flex flex-wrap items-center gap-3">
          <Button busy={reading === 'busy'} onClick={readOlder}>
            Show older
          </Button>
          {reading === 'failed' && <p role="alert">Older lines could not be loaded. Please try again.</p>}
        </div>
      )}
    </div>
  )
}

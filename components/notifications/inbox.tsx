'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Check, Mail } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Badge, ScriptedBadge } from '#components/ui/badge'
import { Button, IconButton } from '#components/ui/button'
import { classNames } from '#components/ui/class-names'
import { Empty } from '#components/ui/empty'
import { QuietLink, TextLink } from '#components/ui/link'
import { Time } from '#components/ui/time'
import { toast } from '#components/ui/toast'
import type { NotificationView } from '#server/notifications/queries/inbox'

interface InboxProps {
  initial: { notifications: NotificationView[]; more: boolean }
}

const words: Record<NotificationView['topic'], string> = {
  decision_needed: 'Decision',
  task_failed: 'Task failed',
  requirement_closed: 'Ended',
  signal: 'Signal',
  budget: 'Budget',
  precedent: 'Precedent',
}

function useReading() {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const done = {
    onSuccess: () => queries.invalidateQueries({ queryKey: trpc.notifications.pathKey() }),
    onError: (error: unknown) => toast({ kind: 'error', text: errorText(error) }),
  }
  return {
    read: useMutation(trpc.notifications.markRead.mutationOptions(done)),
    readAll: useMutation(trpc.notifications.markAllRead.mutationOptions(done)),
    unread: useMutation(trpc.notifications.markUnread.mutationOptions(done)),
  }
}

/** Everything the person was told, the newest first; live. */
export function NotificationInbox({ initial }: InboxProps) {
  const trpc = useTRPC()
  const [filter, setFilter] = useState<'all' | 'unread'>('all')
  const options = trpc.notifications.inbox.queryOptions({ filter })
  const { data } = useQuery(filter === 'all' ? { ...options, initialData: initial } : options)
  const unreadCount = useQuery(trpc.notifications.unread.queryOptions()).data ?? 0
  const reading = useReading()
  const shown = data?.notifications ?? []
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <fieldset className="flex gap-1">
          <legend className="sr-only">Show</legend>
          {(['all', 'unread'] as const).map((value) => (
            <Button
              key={value}
              variant={filter === value ? 'secondary' : 'quiet'}
              aria-pressed={filter === value}
              onClick={() => setFilter(value)}
            >
              {value === 'all' ? 'All' : `Unread (${unreadCount})`}
            </Button>
          ))}
        </fieldset>
        <Button disabled={unreadCount === 0} busy={reading.readAll.isPending} onClick={() => reading.readAll.mutate()}>
          <Check aria-hidden /> Mark all as read
        </Button>
      </div>
      {data === undefined && <p className="text-body text-muted">Loading…</p>}
      {data !== undefined && shown.length === 0 && <Nothing filter={filter} />}
      {shown.length > 0 && (
        <ul className="divide-y divide-border rounded-lg border border-border bg-surface" aria-live="polite">
          {shown.map((notification) => (
            <Row
              key={notification.id}
              notification={notification}
              onRead={() => reading.read.mutate({ ids: [notification.id] })}
              onUnread={() => reading.unread.mutate({ notificationId: notification.id })}
            />
          ))}
        </ul>
      )}
      {data?.more && (
        <p className="text-table text-muted">
          These are the newest 50. What happened before is in the <TextLink href="/activity">activity</TextLink>.
        </p>
      )}
    </div>
  )
}

function Nothing({ filter }: { filter: 'all' | 'unread' }) {
  if (filter === 'unread') return <Empty title="You have read everything" />
  return (
    <Empty title="Nothing has needed you yet">
      Questions, failures and results that concern you appear here. For example: “Decide: keep the tasks in memory or in
      a file?”
    </Empty>
  )
}

function Row(props: { notification: NotificationView; onRead: () => void; onUnread: () => void }) {
  const { notification, onRead, onUnread } = props
  const router = useRouter()
  const isUnread = notification.readAt === null
  const open = () => {
    if (isUnread) onRead()
    router.push(notification.path)
  }
  return (
    <li className={classNames('flex gap-3 px-4 py-3', isUnread && 'bg-accent-soft')}>
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-table text-muted">
          {isUnread && <span className="text-meta font-semibold text-accent-soft-fg">Unread</span>}
          <Badge tone={notification.settled ? 'neutral' : notification.urgency === 'now' ? 'attention' : 'accent'}>
            {words[notification.topic]}
          </Badge>
          {notification.projectName && <span className="wrap-anywhere">{notification.projectName}</span>}
          <Time value={notification.updatedAt} />
          {notification.scripted && <ScriptedBadge />}
        </p>
        <QuietLink
          href={notification.path}
          className="text-body font-medium wrap-anywhere"
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return void (isUnread && onRead())
            event.preventDefault()
            open()
          }}
        >
          <VisibleText text={notification.title} />
        </QuietLink>
        {notification.outcome && <p className="text-body text-muted wrap-anywhere">{notification.outcome}</p>}
        {!notification.outcome && notification.body && (
          <p className="line-clamp-2 text-body text-muted wrap-anywhere">
            <VisibleText text={notification.body} />
          </p>
        )}
        {notification.count > 1 && <Items notification={notification} />}
      </div>
      <IconButton
        label={`${isUnread ? 'Mark as read' : 'Mark as unread'}: ${notification.title}`}
        onClick={isUnread ? onRead : onUnread}
      >
        {isUnread ? <Check aria-hidden /> : <Mail aria-hidden />}
      </IconButton>
    </li>
  )
}

function Items({ notification }: { notification: NotificationView }) {
  return (
    <details className="text-table">
      <summary className="target cursor-pointer py-1 text-muted">Show all {notification.count}</summary>
      <ul className="flex flex-col gap-1 pt-1 pl-4">
        {notification.items.map((item) => (
          <li key={item.source} className="list-disc wrap-anywhere">
            <TextLink href={item.path}>
              <VisibleText text={item.title} />
            </TextLink>
          </li>
        ))}
      </ul>
    </details>
  )
}

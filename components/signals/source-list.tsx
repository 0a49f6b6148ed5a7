'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useMay } from '#components/providers/permissions'
import { errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { ConfirmButton } from '#components/shell/confirm-button'
import { Badge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Empty } from '#components/ui/empty'
import { KeyValues } from '#components/ui/key-value'
import { TextLink } from '#components/ui/link'
import { Time } from '#components/ui/time'
import { toast } from '#components/ui/toast'
import type { SourceView } from '#server/signals/queries'
import { SourceSecrets } from './source-form'
import { SourceGuide } from './source-guide'

/** The sources of a project, kept live: what came last shows whether a tool is set up right. */
export function SourceList({ projectId, initial }: { projectId: string; initial: SourceView[] }) {
  const trpc = useTRPC()
  const { data } = useQuery(trpc.signals.sources.queryOptions({ projectId }, { initialData: initial }))
  if (data.length === 0) {
    return (
      <Empty title="No source yet">
        Agents and the engine report by themselves. Add a tool to hear of failing pipelines, alerts, issues and
        findings, for example your GitHub repository.
      </Empty>
    )
  }
  return (
    <ul className="flex flex-col gap-4">
      {data.map((source) => (
        <li key={source.id}>
          <Source projectId={projectId} source={source} />
        </li>
      ))}
    </ul>
  )
}

function Source({ projectId, source }: { projectId: string; source: SourceView }) {
  const mayConfigure = useMay('signal.configure')
  const [fresh, setFresh] = useState<{ path: string; secret: string }>()
  return (
    <Card aria-labelledby={`source-${source.id}`}>
      <CardHeader
        id={`source-${source.id}`}
        title={<VisibleText text={source.label} />}
        note={source.kindLabel}
        actions={source.enabled ? <Badge tone="good">Receiving</Badge> : <Badge tone="bad">Disabled</Badge>}
      />
      <CardBody className="flex flex-col gap-3">
        {fresh && <SourceSecrets kind={source.kind} {...fresh} onDone={() => setFresh(undefined)} />}
        <KeyValues
          items={[
            ['Last received', source.lastReceivedAt ? <Time key="last" value={source.lastReceivedAt} /> : 'never'],
            ['Deliveries', String(source.received)],
            ...(source.ownAccounts.length > 0
              ? [['Our own accounts', source.ownAccounts.join(', ')] as [string, string]]
              : []),
          ]}
        />
        {source.deliveries.length > 0 && <Deliveries projectId={projectId} source={source} />}
        <details>
          <summary className="target cursor-pointer content-center text-body font-medium">How to set it up</summary>
          <div className="mt-2">
            <SourceGuide kind={source.kind} url={`https://…/api/inbound/${source.kind}/…`} secret="…" />
          </div>
        </details>
        {mayConfigure && <SourceActions source={source} onFresh={setFresh} />}
      </CardBody>
    </Card>
  )
}

function Deliveries({ projectId, source }: { projectId: string; source: SourceView }) {
  return (
    <ul
      aria-label={`Last deliveries of ${source.label}`}
      className="divide-y divide-border rounded-md border border-border"
    >
      {source.deliveries.map((delivery) => (
        <li key={delivery.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1.5 text-table">
          <span className="font-medium wrap-anywhere">
            <VisibleText text={delivery.event || 'payload'} />
          </span>
          <span className="text-muted wrap-anywhere">
            <VisibleText text={delivery.outcome || delivery.status} /> · <Time value={delivery.receivedAt} />
          </span>
          {delivery.signalId && (
            <TextLink href={`/projects/${projectId}/signals/${delivery.signalId}`}>Signal</TextLink>
          )}
        </li>
      ))}
    </ul>
  )
}

function SourceActions({
  source,
  onFresh,
}: {
  source: SourceView
  onFresh: (fresh: { path: string; secret: string }) => void
}) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.signals.pathKey() })
  const onError = (error: unknown) => toast({ kind: 'error', text: errorText(error) })
  const test = useMutation(
    trpc.signals.testSource.mutationOptions({
      onSuccess: async () => {
        toast({ kind: 'success', text: 'A test delivery is on its way; it appears in the stream, closed' })
        await refresh()
      },
      onError,
    }),
  )
  const change = useMutation(
    trpc.signals.changeSource.mutationOptions({
      onSuccess: refresh,
      onError,
    }),
  )
  const rotate = useMutation(
    trpc.signals.rotateSource.mutationOptions({
      onSuccess: async (made) => {
        onFresh(made)
        await refresh()
      },
    }),
  )
  return (
    <div className="flex flex-wrap gap-2">
      <Button size="small" busy={test.isPending} onClick={() => test.mutate({ sourceId: source.id })}>
        Send test delivery<span className="sr-only"> to {source.label}</span>
      </Button>
      <ConfirmButton
        label="Rotate"
        of={source.label}
        title={`New address and secret for ${source.label}?`}
        description="The present ones end at once. Enter the new ones in the tool, else nothing is received any more."
        keep="Keep the present ones"
        onConfirm={() => rotate.mutateAsync({ sourceId: source.id })}
      />
      <Button
        size="small"
        busy={change.isPending}
        onClick={() => change.mutate({ sourceId: source.id, enabled: !source.enabled })}
      >
        {source.enabled ? 'Disable' : 'Enable'}
        <span className="sr-only"> {source.label}</span>
      </Button>
    </div>
  )
}

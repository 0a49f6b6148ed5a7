'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { errorText, useTRPC } from '#components/providers/trpc'
import { Badge, type BadgeTone } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { CodeBlock } from '#components/ui/code-block'
import { Dialog } from '#components/ui/dialog'
import { Empty } from '#components/ui/empty'
import { KeyValues } from '#components/ui/key-value'
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import { Time } from '#components/ui/time'
import { absoluteTime } from '#components/ui/time-text'
import { toast } from '#components/ui/toast'
import { visibleText } from '#server/kernel/visible-text'
import type { DeliveryStatus } from '#server/notifications/model'
import type { DeliveryView } from '#server/notifications/queries/settings'

const looks: Record<DeliveryStatus, [tone: BadgeTone, word: string]> = {
  held: ['neutral', 'Held'],
  waiting: ['attention', 'Waiting'],
  sending: ['accent', 'Sending'],
  sent: ['good', 'Arrived'],
  failed: ['bad', 'Failed'],
  skipped: ['neutral', 'Not sent'],
  folded: ['neutral', 'In a digest'],
}

/** Milliseconds between looks while something is on its way: deliveries have no events of their own. */
const LOOK_MS = 2_000
/** Characters of an answer that are shown. */
const SHOWN = 20_000

/** What was sent to an endpoint, and what its server answered. */
export function DeliveryLog({ endpointId, initial }: { endpointId: string; initial: DeliveryView[] }) {
  const trpc = useTRPC()
  const { data } = useQuery({
    ...trpc.integrations.webhooks.deliveries.queryOptions({ endpointId }),
    initialData: initial,
    refetchInterval: LOOK_MS,
  })
  if (data.length === 0) {
    return <Empty title="Nothing was sent yet">Send a test, or wait for the next event it subscribes to.</Empty>
  }
  return (
    <Table label="Deliveries, the newest first">
      <TableHead>
        <tr>
          <HeaderCell>Event</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell>Answer</HeaderCell>
          <HeaderCell>Attempts</HeaderCell>
          <HeaderCell>When</HeaderCell>
          <HeaderCell>
            <span className="sr-only">Details</span>
          </HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {data.map((delivery) => (
          <TableRow key={delivery.id}>
            <Cell className="font-mono text-code">{delivery.topic}</Cell>
            <Cell>
              <Badge tone={looks[delivery.status][0]}>{looks[delivery.status][1]}</Badge>
            </Cell>
            <Cell className="min-w-56 wrap-anywhere">{delivery.answerStatus ?? delivery.lastError}</Cell>
            <Cell numeric>{delivery.attempts}</Cell>
            <Cell className="whitespace-nowrap">
              <Time value={delivery.createdAt} />
            </Cell>
            <Cell className="text-right">
              <Details delivery={delivery} />
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

function Details({ delivery }: { delivery: DeliveryView }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="small" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Details<span className="sr-only"> of {delivery.topic}</span>
      </Button>
      {open && (
        <Dialog
          wide
          onClose={() => setOpen(false)}
          title={delivery.topic}
          actions={<Redeliver delivery={delivery} onDone={() => setOpen(false)} />}
        >
          <Content deliveryId={delivery.id} />
        </Dialog>
      )}
    </>
  )
}

function Redeliver({ delivery, onDone }: { delivery: DeliveryView; onDone: () => void }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const again = useMutation(
    trpc.integrations.webhooks.redeliver.mutationOptions({
      onSuccess: () => {
        toast({ kind: 'success', text: 'It is sent again, under the same id.' })
        onDone()
        return queries.invalidateQueries({ queryKey: trpc.integrations.pathKey() })
      },
    }),
  )
  return (
    <>
      {again.error && (
        <p role="alert" className="self-center text-body font-medium text-failed-fg">
          {errorText(again.error)}
        </p>
      )}
      <Button busy={again.isPending} onClick={() => again.mutate({ deliveryId: delivery.id })}>
        Send again
      </Button>
    </>
  )
}

function Content({ deliveryId }: { deliveryId: string }) {
  const trpc = useTRPC()
  const { data, error } = useQuery(trpc.integrations.webhooks.delivery.queryOptions({ deliveryId }))
  if (error) return <p role="alert">{errorText(error)}</p>
  if (!data) return <p className="text-body text-muted">Loading…</p>
  return (
    <div className="flex flex-col gap-4">
      <KeyValues items={factsOf(data)} />
      <section className="flex flex-col gap-1">
        <h3 className="text-body font-semibold">Sent</h3>
        <CodeBlock label="Sent" text={visibleText(data.body)} wrap />
      </section>
      {data.answer && (
        <section className="flex flex-col gap-1">
          <h3 className="text-body font-semibold">Answered</h3>
          <CodeBlock label="Answered" text={visibleText(data.answer.slice(0, SHOWN))} wrap />
        </section>
      )}
    </div>
  )
}

function factsOf(delivery: DeliveryView & { webhookId: string }): [name: string, value: ReactNode][] {
  const { webhookId, attempts, answerStatus, durationMs, lastError, status, nextAttemptAt } = delivery
  const facts: [string, ReactNode][] = [
    ['webhook-id', webhookId],
    ['Attempts', attempts],
    ['Answer', answerStatus ?? 'none'],
    ['Took', durationMs === null ? '–' : `${durationMs} ms`],
  ]
  if (lastError) facts.push(['Problem', lastError])
  if (status === 'waiting') facts.push(['Next attempt', absoluteTime(nextAttemptAt)])
  return facts
}

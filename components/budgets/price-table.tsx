'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useRef } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Badge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { Empty } from '#components/ui/empty'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import { ActionsHeader, Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import type { ModelPriceView } from '#server/budgets/queries'

function Source({ price }: { price: ModelPriceView }) {
  if (price.source === 'own') return <Badge tone="good">Set by {price.setBy || 'an admin'}</Badge>
  if (price.source === 'list') return <Badge>From the list</Badge>
  return <Badge tone="bad">No price: blocked where money is limited</Badge>
}

function RemoveButton({ model }: { model: string }) {
  const trpc = useTRPC()
  const router = useRouter()
  const remove = useMutation(trpc.budgets.removePrice.mutationOptions({ onSettled: () => router.refresh() }))
  return (
    <Button size="small" variant="quiet" busy={remove.isPending} onClick={() => remove.mutate({ model })}>
      Remove<span className="sr-only"> the price of {model}</span>
    </Button>
  )
}

/** What models cost, dollars per million tokens. A model without a price is called so, never free. */
export function PriceTable({ prices, mayChange }: { prices: ModelPriceView[]; mayChange: boolean }) {
  if (prices.length === 0) return <Empty title="No model yet">Models appear here when an agent uses them.</Empty>
  return (
    <Table label="Prices of models, US dollars per million tokens">
      <TableHead>
        <tr>
          <HeaderCell>Model</HeaderCell>
          <HeaderCell className="text-right">Input</HeaderCell>
          <HeaderCell className="text-right">Output</HeaderCell>
          <HeaderCell>Source</HeaderCell>
          <HeaderCell>Agents</HeaderCell>
          {mayChange && <ActionsHeader />}
        </tr>
      </TableHead>
      <TableBody>
        {prices.map((price) => (
          <TableRow key={price.model}>
            <Cell className="font-mono text-code">{price.model}</Cell>
            <Cell numeric>{price.input === null ? 'n/a' : `$${price.input}`}</Cell>
            <Cell numeric>{price.output === null ? 'n/a' : `$${price.output}`}</Cell>
            <Cell>
              <Source price={price} />
            </Cell>
            <Cell>{price.agents.join(', ') || <span className="text-muted">none</span>}</Cell>
            {mayChange && (
              <Cell className="text-right">{price.source === 'own' && <RemoveButton model={price.model} />}</Cell>
            )}
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

export function PriceForm() {
  const trpc = useTRPC()
  const router = useRouter()
  const queries = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const save = useMutation(
    trpc.budgets.setPrice.mutationOptions({
      onSuccess: () => {
        form.current?.reset()
        router.refresh()
      },
      onSettled: () => queries.invalidateQueries(),
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    const number = (name: string) => Number(values.get(name))
    save.mutate({ model: String(values.get('model') ?? ''), input: number('input'), output: number('output') })
  }
  return (
    <form ref={form} onSubmit={onSubmit} className="flex flex-col gap-4">
      {save.error && <ErrorPanel title={errorText(save.error)} errorId={errorIdOf(save.error)} />}
      <div className="grid gap-4 sm:grid-cols-3">
        <Field id="price-model" label="Model">
          {(control) => <Input {...control} name="model" required maxLength={120} />}
        </Field>
        <Field id="price-input" label="Input, $ per million tokens">
          {(control) => <Input {...control} name="input" type="number" min={0} step="any" required />}
        </Field>
        <Field id="price-output" label="Output, $ per million tokens">
          {(control) => <Input {...control} name="output" type="number" min={0} step="any" required />}
        </Field>
      </div>
      <Button type="submit" variant="primary" busy={save.isPending} className="self-start">
        Set the price
      </Button>
    </form>
  )
}

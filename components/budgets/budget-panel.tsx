'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { useMay } from '#components/providers/permissions'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import { SkeletonRows } from '#components/ui/skeleton'
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import { toast } from '#components/ui/toast'
import type { BudgetLevel, Dimension } from '#server/budgets/model'
import type { BudgetView } from '#server/budgets/queries'

const names: Record<Dimension, string> = { money: 'Money', tokens: 'Tokens', time: 'Time of model calls' }
/** What people type, and how much of the stored unit that is. A limit may have been set by a program, to any part. */
const units: Record<Dimension, { label: string; size: number; step: string }> = {
  money: { label: 'US dollars', size: 1_000_000, step: 'any' },
  tokens: { label: 'Tokens', size: 1, step: '1' },
  time: { label: 'Minutes of model calls', size: 60_000, step: 'any' },
}

function Numbers({ budget }: { budget: BudgetView }) {
  return (
    <Table label={`Budget of ${budget.name}`}>
      <TableHead>
        <tr>
          <HeaderCell>Kind</HeaderCell>
          <HeaderCell className="text-right">Limit</HeaderCell>
          <HeaderCell className="text-right">Spent</HeaderCell>
          <HeaderCell className="text-right">Reserved</HeaderCell>
          <HeaderCell className="text-right">Forecast, worst case</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {budget.parts.map((part) => (
          <TableRow key={part.dimension}>
            <Cell className="whitespace-nowrap">{names[part.dimension]}</Cell>
            <Cell numeric>{part.limitWords}</Cell>
            <Cell numeric>{part.spentWords}</Cell>
            <Cell numeric>{part.reservedWords}</Cell>
            <Cell numeric>{part.forecastWords ?? 'not known yet'}</Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

function limitOf(form: FormData, dimension: Dimension): number | null {
  const text = String(form.get(dimension) ?? '').trim()
  return text === '' ? null : Math.round(Number(text) * units[dimension].size)
}

function LimitForm({ budget, onDone }: { budget: BudgetView; onDone: () => void }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const id = useId()
  const change = useMutation(
    trpc.budgets.change.mutationOptions({
      onSuccess: () => {
        toast({ kind: 'success', text: 'Budget saved' })
        onDone()
      },
      onSettled: () => queries.invalidateQueries(),
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const limits = { microUsd: limitOf(form, 'money'), tokens: limitOf(form, 'tokens'), ms: limitOf(form, 'time') }
    change.mutate({ level: budget.level, ownerId: budget.ownerId, ...limits })
  }
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {change.error && <ErrorPanel title={errorText(change.error)} errorId={errorIdOf(change.error)} />}
      <p className="text-table text-muted">
        Empty is no limit. Below what is spent, no further call is made; what runs is kept. Runs that wait go on as soon
        as there is room.
      </p>
      <div className="grid gap-4 sm:grid-cols-3">
        {budget.parts.map(({ dimension, limit }, index) => (
          <Field key={dimension} id={`${id}-${dimension}`} label={units[dimension].label} optional>
            {(control) => (
              <Input
                {...control}
                autoFocus={index === 0}
                name={dimension}
                type="number"
                inputMode="decimal"
                min={0}
                max={Math.floor(Number.MAX_SAFE_INTEGER / units[dimension].size)}
                step={units[dimension].step}
                defaultValue={limit === null ? '' : limit / units[dimension].size}
              />
            )}
          </Field>
        ))}
      </div>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" busy={change.isPending}>
          Save the budget
        </Button>
        <Button variant="quiet" onClick={onDone}>
          Keep it as it is
        </Button>
      </div>
    </form>
  )
}

/** A budget with its numbers, and for whoever may a form to change it. `ownerId` left out: the organization's. */
export function BudgetPanel({ level, ownerId }: { level: BudgetLevel; ownerId?: string }) {
  const trpc = useTRPC()
  const may = useMay('budget.change')
  const titleId = useId()
  const [changing, setChanging] = useState(false)
  // The button gives its place to the form and comes back for it: so does the focus.
  const [wasChanging, setWasChanging] = useState(false)
  const close = () => {
    setChanging(false)
    setWasChanging(true)
  }
  const { data, error, refetch } = useQuery(trpc.budgets.of.queryOptions({ level, ownerId }))
  const retry = (
    <Button size="small" onClick={() => void refetch()}>
      Try again
    </Button>
  )
  return (
    <Card aria-labelledby={titleId}>
      <CardHeader
        id={titleId}
        title="Budget"
        note="The worst case of each model call is reserved before it is made"
        actions={
          data && may && !changing ? (
            <Button size="small" autoFocus={wasChanging} onClick={() => setChanging(true)}>
              Change the budget
            </Button>
          ) : undefined
        }
      />
      <CardBody className="flex flex-col gap-4">
        {error && (
          <ErrorPanel
            title="The budget could not be read"
            detail={errorText(error)}
            errorId={errorIdOf(error)}
            retry={retry}
          />
        )}
        {data && <Numbers budget={data} />}
        {!data && !error && <SkeletonRows rows={3} />}
        {data && changing && <LimitForm budget={data} onDone={close} />}
        {data && !may && <p className="text-table text-muted">Admins may change it.</p>}
      </CardBody>
    </Card>
  )
}

'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import type { FormEvent } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { providerNames } from '#components/secrets/key-form'
import { Button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import { Time } from '#components/ui/time'
import { toast } from '#components/ui/toast'
import type { ProviderState } from '#server/agents/limits'

const fields = [
  { name: 'maxConcurrent', label: 'Runs at once' },
  { name: 'requestsPerMinute', label: 'Requests per minute' },
  { name: 'tokensPerMinute', label: 'Tokens per minute' },
] as const

function Paused({ state }: { state: ProviderState }) {
  return (
    <ul className="text-table">
      {state.paused.map(({ until, reason, scripted }) => (
        <li key={`${scripted} ${reason}`}>
          {scripted ? 'The scripted stand-in' : providerNames[state.provider]}: pausing
          {until && (
            <>
              {' '}
              until <Time value={until} />
            </>
          )}
          {reason && `, ${reason}`}.
        </li>
      ))}
    </ul>
  )
}

/** Limits of one provider for all workers together, and whether its keys take calls now. */
export function ProviderLimits({ state, mayChange }: { state: ProviderState; mayChange: boolean }) {
  const trpc = useTRPC()
  const router = useRouter()
  const queries = useQueryClient()
  const save = useMutation(
    trpc.budgets.limitProvider.mutationOptions({
      onSuccess: () => {
        toast({ kind: 'success', text: 'Limits saved' })
        router.refresh()
      },
      onSettled: () => queries.invalidateQueries(),
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const limit = (name: string) => (form.get(name) ? Number(form.get(name)) : null)
    save.mutate({
      provider: state.provider,
      maxConcurrent: limit('maxConcurrent'),
      requestsPerMinute: limit('requestsPerMinute'),
      tokensPerMinute: limit('tokensPerMinute'),
    })
  }
  const name = providerNames[state.provider]
  return (
    <form onSubmit={onSubmit} aria-label={`Limits of ${name}`} className="flex flex-col gap-3 py-3">
      <h3 className="text-body font-semibold">{name}</h3>
      {state.paused.length > 0 ? <Paused state={state} /> : <p className="text-table text-muted">Takes calls.</p>}
      {save.error && <ErrorPanel title={errorText(save.error)} errorId={errorIdOf(save.error)} />}
      <div className="grid gap-4 sm:grid-cols-3">
        {fields.map((field) => (
          <Field key={field.name} id={`${state.provider}-${field.name}`} label={field.label} optional>
            {(control) => (
              <Input
                {...control}
                name={field.name}
                type="number"
                min={1}
                disabled={!mayChange}
                defaultValue={state[field.name] ?? ''}
              />
            )}
          </Field>
        ))}
      </div>
      {mayChange && (
        <Button type="submit" busy={save.isPending} className="self-start">
          Save<span className="sr-only"> the limits of {name}</span>
        </Button>
      )}
    </form>
  )
}

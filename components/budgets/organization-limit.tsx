'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import type { FormEvent } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { ErrorPanel } from '#components/ui/page-state'
import { toast } from '#components/ui/toast'
import { RunsField, runsOf } from './runs-field'

/** How many agents may be at work at the same time in the whole organization. */
export function OrganizationLimit({ most, mayChange }: { most: number | null; mayChange: boolean }) {
  const trpc = useTRPC()
  const router = useRouter()
  const queries = useQueryClient()
  const save = useMutation(
    trpc.budgets.limitOrganization.mutationOptions({
      onSuccess: () => {
        toast({ kind: 'success', text: 'Limit saved' })
        router.refresh()
      },
      onSettled: () => queries.invalidateQueries(),
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    save.mutate({ maxConcurrentRuns: runsOf(new FormData(event.currentTarget)) })
  }
  return (
    <form onSubmit={onSubmit} aria-label="Agents at work" className="flex flex-col gap-3">
      {save.error && <ErrorPanel title={errorText(save.error)} errorId={errorIdOf(save.error)} />}
      <RunsField
        id="organization-runs"
        hint="Empty is no limit. What runs goes on; what waits says so and starts when there is room."
        most={most}
        mayChange={mayChange}
      />
      {mayChange && (
        <Button type="submit" busy={save.isPending} className="self-start">
          Save<span className="sr-only"> how many agents may be at work</span>
        </Button>
      )}
    </form>
  )
}

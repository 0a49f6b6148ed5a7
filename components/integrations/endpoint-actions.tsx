'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { ConfirmButton } from '#components/shell/confirm-button'
import { Button } from '#components/ui/button'
import { ErrorPanel } from '#components/ui/page-state'
import { Time } from '#components/ui/time'
import { toast } from '#components/ui/toast'
import type { EndpointView } from '#server/notifications/queries/settings'
import { NewSecret } from './endpoint-form'

/** Test, rotate, switch off and on, remove. */
export function EndpointActions({ endpoint }: { endpoint: EndpointView }) {
  const trpc = useTRPC()
  const router = useRouter()
  const { webhooks } = trpc.integrations
  const refresh = { onSuccess: () => router.refresh() }
  const test = useMutation(
    webhooks.test.mutationOptions({
      onSuccess: () => toast({ kind: 'success', text: 'The test is on its way; it appears below.' }),
    }),
  )
  const rotate = useMutation(webhooks.rotate.mutationOptions(refresh))
  const enable = useMutation(webhooks.enable.mutationOptions(refresh))
  const disable = useMutation(webhooks.disable.mutationOptions(refresh))
  const remove = useMutation(
    webhooks.remove.mutationOptions({ onSuccess: () => router.push('/settings/integrations') }),
  )
  const id = { endpointId: endpoint.id }
  const error = test.error ?? enable.error ?? disable.error
  return (
    <div className="flex flex-col gap-3">
      {rotate.data && <NewSecret secret={rotate.data.secret} />}
      {endpoint.previousUntil && endpoint.previousUntil.getTime() > Date.now() && (
        <p className="text-table text-muted">
          Events are signed with both secrets until <Time value={endpoint.previousUntil} />.
        </p>
      )}
      {error && <ErrorPanel title={errorText(error)} errorId={errorIdOf(error)} />}
      <div className="flex flex-wrap gap-2">
        <Button size="small" busy={test.isPending} disabled={!endpoint.active} onClick={() => test.mutate(id)}>
          Send a test
        </Button>
        <ConfirmButton
          label="New secret"
          of={endpoint.name}
          title="Make a new secret?"
          description="It is shown once. For 24 hours events are signed with both, so that the receiver can change."
          keep="Keep the old one"
          onConfirm={() => rotate.mutateAsync(id)}
        />
        {endpoint.active ? (
          <Button size="small" busy={disable.isPending} onClick={() => disable.mutate(id)}>
            Switch off
          </Button>
        ) : (
          <Button size="small" variant="primary" busy={enable.isPending} onClick={() => enable.mutate(id)}>
            Switch on
          </Button>
        )}
        <ConfirmButton
          label="Remove"
          of={endpoint.name}
          title={`Remove ${endpoint.name}?`}
          description="It is told nothing any more, and its deliveries are forgotten. It can’t be undone."
          keep="Keep it"
          onConfirm={() => remove.mutateAsync(id)}
        />
      </div>
    </div>
  )
}

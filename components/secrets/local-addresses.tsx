'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Checkbox } from '#components/ui/choice'
import { ErrorPanel } from '#components/ui/page-state'

/** The switch for servers on this machine, such as Ollama. Off, an address that leads here is refused. */
export function LocalAddresses({ allowed }: { allowed: boolean }) {
  const trpc = useTRPC()
  const router = useRouter()
  const change = useMutation(trpc.secrets.allowLocalAddresses.mutationOptions({ onSuccess: () => router.refresh() }))
  return (
    <div className="flex flex-col gap-3">
      <Checkbox
        label="Agents may call servers on this machine"
        hint="For Ollama, LM Studio or vLLM at addresses like http://localhost:11434/v1. Private networks stay closed."
        checked={change.isPending ? change.variables.allowed : allowed}
        disabled={change.isPending}
        onChange={(event) => change.mutate({ allowed: event.target.checked })}
      />
      {change.error && (
        <ErrorPanel
          title="The switch was not changed"
          detail={errorText(change.error)}
          errorId={errorIdOf(change.error)}
        />
      )}
    </div>
  )
}

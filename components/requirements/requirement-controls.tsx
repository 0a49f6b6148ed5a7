'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useMay } from '#components/providers/permissions'
import { errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { ButtonLink } from '#components/ui/link'
import { toast } from '#components/ui/toast'

const ChangeDialog = dynamic(() => import('./change-dialog').then((module) => module.ChangeDialog), { ssr: false })

export interface RequirementControlsProps {
  requirementId: string
  number: number
  pausedBy: string | null
  /** Address of the page that changes the plan; none while there is no accepted plan. */
  planHref: string | null
}

/** Pause and resume at once, cancel after a look at what that means. All of it can be undone for ten seconds. */
export function RequirementControls({ requirementId, number, pausedBy, planHref }: RequirementControlsProps) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const may = useMay('requirement.change')
  const [cancelling, setCancelling] = useState(false)
  const settled = {
    onError: (error: unknown) => toast({ kind: 'error' as const, text: errorText(error) }),
    onSettled: () => queries.invalidateQueries(),
  }
  const pause = useMutation(trpc.requirements.pause.mutationOptions(settled))
  const resume = useMutation(trpc.requirements.resume.mutationOptions(settled))
  const busy = pause.isPending || resume.isPending
  const why = may ? undefined : 'controls-denied'
  return (
    <>
      {pausedBy ? (
        <Button
          variant="primary"
          data-key="pause"
          busy={busy}
          disabled={!may}
          aria-describedby={why}
          onClick={() => resume.mutate({ requirementId })}
        >
          Resume
        </Button>
      ) : (
        <Button
          data-key="pause"
          busy={busy}
          disabled={!may}
          aria-describedby={why}
          onClick={() => pause.mutate({ requirementId })}
        >
          Pause
        </Button>
      )}
      {planHref && <ButtonLink href={planHref}>{may ? 'Change the plan' : 'Plan and history'}</ButtonLink>}
      <Button data-key="cancel" disabled={!may} aria-describedby={why} onClick={() => setCancelling(true)}>
        Cancel requirement
      </Button>
      {!may && (
        <p id="controls-denied" className="w-full text-table text-muted md:text-right">
          Pausing and cancelling need the role member. An owner or admin can give it to you.
        </p>
      )}
      {cancelling && (
        <ChangeDialog
          requirementId={requirementId}
          title={`Cancel R${number}?`}
          description="Running work stops at once. What is merged stays in the project. You can undo it for ten seconds; then open questions are withdrawn and it is over."
          change={{ kind: 'cancel' }}
          label={`Cancel R${number}`}
          danger
          onClose={() => setCancelling(false)}
        />
      )}
    </>
  )
}

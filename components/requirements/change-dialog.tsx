'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Dialog, DialogClose } from '#components/ui/dialog'
import { ErrorPanel } from '#components/ui/page-state'
import { Skeleton } from '#components/ui/skeleton'
import type { Change } from '#server/planner/model'
import { ChangePreview } from './change-preview'
import { usePreview } from './use-preview'

export interface ChangeDialogProps {
  requirementId: string
  title: string
  description: string
  /** What would be done; null while the form is not complete. */
  change: Change | null
  /** On the button that does it. */
  label: string
  danger?: boolean
  onClose: () => void
  /** A form above the preview. */
  children?: ReactNode
}

/** Shows what a change would do before it is done. It can be undone for ten seconds afterwards. */
export function ChangeDialog(props: ChangeDialogProps) {
  const { requirementId, change, onClose } = props
  const trpc = useTRPC()
  const queries = useQueryClient()
  const preview = usePreview(requirementId, change)
  const done = { onSuccess: onClose, onSettled: () => queries.invalidateQueries() }
  const revise = useMutation(trpc.requirements.revise.mutationOptions(done))
  const cancel = useMutation(trpc.requirements.cancel.mutationOptions(done))
  const refused = revise.error ?? cancel.error
  const apply = () => {
    if (change?.kind === 'cancel') cancel.mutate({ requirementId, reason: change.reason })
    if (change?.kind !== 'revise') return
    revise.mutate({ requirementId, changes: change.changes, expectedRevision: preview.data?.revision ?? undefined })
  }
  return (
    <Dialog
      onClose={onClose}
      wide
      title={props.title}
      description={props.description}
      actions={
        <>
          <DialogClose>Leave it as it is</DialogClose>
          <Button
            variant={props.danger ? 'danger' : 'primary'}
            disabled={change === null || preview.isError || !preview.data || preview.isPlaceholderData}
            busy={revise.isPending || cancel.isPending}
            onClick={apply}
          >
            {props.label}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {props.children}
        {change && (
          <section aria-label="Preview" aria-live="polite">
            {preview.isError ? (
              <ErrorPanel title="This is not possible." detail={errorText(preview.error)} />
            ) : preview.data ? (
              <ChangePreview preview={preview.data} />
            ) : (
              <Skeleton className="h-24 w-full" />
            )}
          </section>
        )}
        {refused && <ErrorPanel title="Nothing was changed." detail={errorText(refused)} />}
      </div>
    </Dialog>
  )
}

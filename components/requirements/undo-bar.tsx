'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Undo2 } from 'lucide-react'
import { useMay } from '#components/providers/permissions'
import { errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Button } from '#components/ui/button'
import { useNow } from '#components/ui/clock'
import { toast } from '#components/ui/toast'

/**
 * The last change of a requirement, while it can be undone. The server holds the change back for that time, so leaving
 * the page loses nothing, and everybody who looks sees it.
 */
export function UndoBar({ requirementId }: { requirementId: string }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const may = useMay('requirement.change')
  const now = useNow()
  const open = useQuery(trpc.requirements.openChange.queryOptions({ requirementId }))
  const undo = useMutation(
    trpc.requirements.undo.mutationOptions({
      onSuccess: (undone) => toast({ kind: 'success', text: undone.summary }),
      onError: (error) => toast({ kind: 'error', text: errorText(error) }),
      onSettled: () => queries.invalidateQueries(),
    }),
  )
  const change = open.data
  const left = change && now ? Math.ceil((open.dataUpdatedAt + change.milliseconds - now) / 1000) : 0
  if (!change || left <= 0) return null
  return (
    <div
      role="status"
      className="fixed inset-x-0 bottom-0 z-30 mx-auto flex w-fit max-w-full flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-lg border border-border-strong bg-raised px-4 py-3 shadow-floating max-md:bottom-16 max-md:w-auto max-md:rounded-none md:bottom-6"
    >
      <span className="text-body wrap-anywhere">
        <VisibleText text={change.summary} />
      </span>
      {may && (
        <Button
          variant="primary"
          busy={undo.isPending}
          data-key="undo"
          onClick={() => undo.mutate({ requirementId, number: change.number })}
        >
          <Undo2 aria-hidden /> Undo
          <span className="number" aria-hidden>
            {Math.min(left, 10)} s
          </span>
        </Button>
      )}
    </div>
  )
}

'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Dialog, DialogClose } from '#components/ui/dialog'
import { ErrorPanel } from '#components/ui/page-state'

/** Stops a requirement, after saying what that means. */
export function CancelButton({ requirementId, number }: { requirementId: string; number: number }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const [open, setOpen] = useState(false)
  const cancel = useMutation(
    trpc.requirements.cancel.mutationOptions({
      onSuccess: () => {
        setOpen(false)
        return queries.invalidateQueries({ queryKey: trpc.requirements.pathKey() })
      },
    }),
  )
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      trigger={<Button>Cancel requirement</Button>}
      title={`Cancel R${number}?`}
      description="Running work stops and open questions are withdrawn. What is already merged stays in the project. This cannot be undone."
      actions={
        <>
          <DialogClose asChild>
            <Button>Keep it running</Button>
          </DialogClose>
          <Button variant="danger" busy={cancel.isPending} onClick={() => cancel.mutate({ requirementId })}>
            Cancel R{number}
          </Button>
        </>
      }
    >
      {cancel.error && <ErrorPanel title="It was not cancelled." detail={errorText(cancel.error)} />}
    </Dialog>
  )
}

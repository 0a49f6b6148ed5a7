'use client'

import { type ReactNode, useState } from 'react'
import { errorText } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Dialog, DialogClose } from '#components/ui/dialog'
import { toast } from '#components/ui/toast'

interface ConfirmButtonProps {
  /** What it does, on the button and again in the dialog. */
  label: string
  /** What it does it to, for those who hear the button without seeing its row. */
  of: string
  title: string
  description: ReactNode
  /** The way back. */
  keep: string
  /** Done when it resolves: the dialog closes. What it throws is told, and the dialog stays. */
  onConfirm: () => Promise<unknown>
}

/** A small button for what can't be undone: it asks once more, says what will happen, and shows that it is at work. */
export function ConfirmButton({ label, of, title, description, keep, onConfirm }: ConfirmButtonProps) {
  const [open, setOpen] = useState(false)
  const [busy, setBusy] = useState(false)
  const confirm = async () => {
    setBusy(true)
    try {
      await onConfirm()
      setOpen(false)
    } catch (error) {
      toast({ kind: 'error', text: errorText(error) })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="small">
          {label}
          <span className="sr-only"> {of}</span>
        </Button>
      }
      title={title}
      description={description}
      actions={
        <>
          <DialogClose asChild>
            <Button>{keep}</Button>
          </DialogClose>
          <Button variant="danger" busy={busy} onClick={confirm}>
            {label}
          </Button>
        </>
      }
    />
  )
}

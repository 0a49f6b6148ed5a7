'use client'

import { type ReactNode, useEffect, useRef, useState } from 'react'
import { errorText } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Dialog, DialogClose } from '#components/ui/dialog'
import { ErrorPanel } from '#components/ui/page-state'

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
  const [problem, setProblem] = useState<string>()
  const done = useRef(false)
  useEffect(
    () => () => {
      // This button often goes with what it removed, and takes the focus with it.
      if (done.current && document.activeElement === document.body) document.getElementById('main')?.focus()
    },
    [],
  )
  const show = (shown: boolean) => {
    setProblem(undefined)
    setOpen(shown)
  }
  const confirm = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      await onConfirm()
      done.current = true
      show(false)
    } catch (error) {
      setProblem(errorText(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <Button size="small" aria-haspopup="dialog" onClick={() => show(true)}>
        {label}
        <span className="sr-only"> {of}</span>
      </Button>
      {open && (
        <Dialog
          onClose={() => show(false)}
          title={title}
          description={description}
          actions={
            <>
              <DialogClose>{keep}</DialogClose>
              <Button variant="danger" busy={busy} onClick={confirm}>
                {label}
              </Button>
            </>
          }
        >
          {problem && <ErrorPanel title={problem} />}
        </Dialog>
      )}
    </>
  )
}

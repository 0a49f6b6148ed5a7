'use client'

import { useEffect, useState } from 'react'
import { VisibleText } from '#components/runs/visible-text'
import { Button } from '#components/ui/button'
import { KeyHint } from './decision-keys'
import type { Answering } from './use-answering'

/** What was just answered, as long as it can be taken back. */
export function UndoBar({ answering }: { answering: Answering }) {
  const { sent, takeBack, forget } = answering
  const [left, setLeft] = useState(0)
  useEffect(() => {
    if (!sent) return
    const look = () => {
      const seconds = Math.ceil((sent.until - Date.now()) / 1000)
      setLeft(seconds)
      if (seconds <= 0) forget()
    }
    look()
    const timer = setInterval(look, 250)
    return () => clearInterval(timer)
  }, [sent, forget])
  if (!sent) return <div role="status" />
  return (
    <div
      role="status"
      className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-lg border border-border bg-succeeded-soft px-4 py-2 text-body text-succeeded-fg"
    >
      <span className="wrap-anywhere">
        Answered <VisibleText text={sent.label} /> to: <VisibleText text={sent.decision.question} />
      </span>
      <Button size="small" data-decision-key="u" onClick={() => void takeBack()}>
        Undo <KeyHint>(U)</KeyHint> <span aria-hidden>{left} s</span>
      </Button>
    </div>
  )
}

'use client'

import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { createPortal } from 'react-dom'
import { Button, IconButton } from './button'
import { classNames } from './class-names'

export interface DialogProps {
  /** Called when it is closed by its buttons, Escape or a press beside it. */
  onClose: () => void
  title: ReactNode
  description?: ReactNode
  /** Buttons at the end; the one that only closes is a DialogClose. */
  actions?: ReactNode
  wide?: boolean
  children?: ReactNode
}

const FIELD = 'textarea, select, input:not([type=hidden], [type=checkbox], [type=radio])'
const CLOSE = 'data-dialog-close'

/** What is to be filled in, else the button that changes nothing, else the title, from which everything is read. */
function firstStop(dialog: HTMLElement): HTMLElement | null {
  const fields = [...dialog.querySelectorAll<HTMLElement>(FIELD)].filter((field) => !field.matches(':disabled'))
  return fields[0] ?? dialog.querySelector(`[${CLOSE}]`) ?? dialog.querySelector('h2')
}

/**
 * In the middle on a desktop, a sheet from below on a phone; shown as long as it is in the tree. The browser's own modal:
 * nothing else can be reached meanwhile, so what went wrong must be told inside it. The focus goes back to what opened it.
 */
export function Dialog({ onClose, title, description, actions, wide, children }: DialogProps) {
  const id = useId()
  const box = useRef<HTMLDialogElement>(null)
  const before = useRef<Element>(null)
  useEffect(() => {
    const dialog = box.current
    if (dialog && !dialog.open) {
      before.current = document.activeElement
      dialog.showModal()
      firstStop(dialog)?.focus({ preventScroll: true })
    }
    return () => {
      // What opened it may have gone with what was done: then the page itself has the focus, not nothing.
      const opener = before.current !== document.body && before.current?.isConnected ? before.current : null
      const stop = opener ?? document.getElementById('main')
      if (stop instanceof HTMLElement) stop.focus({ preventScroll: true })
    }
  }, [])
  return createPortal(
    <dialog
      ref={box}
      onClose={onClose}
      closedby="any"
      aria-labelledby={`${id}-title`}
      aria-describedby={description ? `${id}-description` : undefined}
      className={classNames(
        'fixed inset-x-0 top-auto bottom-0 max-h-[85dvh] w-full max-w-full flex-col open:flex',
        'rounded-lg border border-border bg-raised text-text shadow-floating backdrop:bg-[rgb(0_0_0/0.45)]',
        'max-md:rounded-b-none max-md:safe-bottom',
        'md:inset-auto md:top-[12dvh] md:left-1/2 md:-translate-x-1/2',
        wide ? 'md:max-w-reading' : 'md:max-w-[30rem]',
      )}
    >
      <div className="flex items-start justify-between gap-4 px-5 pt-4">
        <div className="flex flex-col gap-1">
          <h2 id={`${id}-title`} tabIndex={-1} className="text-lead font-semibold outline-none">
            {title}
          </h2>
          {description && (
            <p id={`${id}-description`} className="text-body text-muted">
              {description}
            </p>
          )}
        </div>
        <IconButton label="Close" onClick={close}>
          <X aria-hidden />
        </IconButton>
      </div>
      <div className="min-h-0 overflow-y-auto px-5 py-4">{children}</div>
      {actions && <div className="flex flex-wrap justify-end gap-2 border-t border-border px-5 py-3">{actions}</div>}
    </dialog>,
    document.body,
  )
}

function close(event: { currentTarget: Element }): void {
  event.currentTarget.closest('dialog')?.close()
}

/** The button that leaves everything as it is. */
export function DialogClose({ children }: { children: ReactNode }) {
  return (
    <Button {...{ [CLOSE]: '' }} onClick={close}>
      {children}
    </Button>
  )
}

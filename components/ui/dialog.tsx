'use client'

import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { IconButton } from './button'
import { classNames } from './class-names'

export interface DialogProps {
  open?: boolean
  onOpenChange?: (open: boolean) => void
  /** The control that opens it. Focus returns to whatever had it before. */
  trigger?: ReactNode
  title: ReactNode
  description?: ReactNode
  /** Buttons at the end; wrap the one that only closes in DialogClose. */
  actions?: ReactNode
  wide?: boolean
  children?: ReactNode
}

/** In the middle on a desktop, a sheet from below on a phone. Focus stays inside until it closes. */
export function Dialog({ open, onOpenChange, trigger, title, description, actions, wide, children }: DialogProps) {
  const before = useRef<Element | null>(null)
  const giveBack = (event: Event) => {
    const opener = before.current === document.body ? null : before.current
    if (trigger && !opener) return
    event.preventDefault()
    // What opened it may have gone with what was done: then the page itself has the focus, not nothing.
    const kept = opener instanceof HTMLElement && opener.isConnected ? opener : document.getElementById('main')
    kept?.focus({ preventScroll: true })
  }
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      {trigger && <Radix.Trigger asChild>{trigger}</Radix.Trigger>}
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(0_0_0/0.45)]" />
        <Radix.Content
          onOpenAutoFocus={() => {
            before.current = document.activeElement
          }}
          onCloseAutoFocus={giveBack}
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={classNames(
            'fixed z-50 flex max-h-[85dvh] flex-col rounded-lg border border-border bg-raised shadow-floating',
            'inset-x-0 bottom-0 max-md:rounded-b-none max-md:safe-bottom',
            'md:inset-auto md:top-[12dvh] md:left-1/2 md:w-full md:-translate-x-1/2',
            wide ? 'md:max-w-reading' : 'md:max-w-[30rem]',
          )}
        >
          <div className="flex items-start justify-between gap-4 px-5 pt-4">
            <div className="flex flex-col gap-1">
              <Radix.Title className="text-lead font-semibold">{title}</Radix.Title>
              {description && <Radix.Description className="text-body text-muted">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close">
                <X aria-hidden />
              </IconButton>
            </Radix.Close>
          </div>
          <div className="min-h-0 overflow-y-auto px-5 py-4">{children}</div>
          {actions && (
            <div className="flex flex-wrap justify-end gap-2 border-t border-border px-5 py-3">{actions}</div>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export const DialogClose = Radix.Close

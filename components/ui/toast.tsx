'use client'

import { type ComponentType, type CSSProperties, useEffect, useState } from 'react'

interface ToasterLook {
  position: 'bottom-right'
  closeButton: boolean
  style: CSSProperties
  toastOptions: { classNames: { description: string } }
}

export interface ToastMessage {
  kind: 'success' | 'error'
  text: string
  /** A second line: what still works, what to do. */
  detail?: string
  action?: { label: string; onClick: () => void }
}

let deliver: ((message: ToastMessage) => void) | undefined

/**
 * Tells the result of what the person just did, when the page does not already show it. Errors stay until they are
 * dismissed.
 */
export function toast(message: ToastMessage): void {
  deliver?.(message)
}

/** The library knows a light and a dark look of its own; ours is what the page has. */
const look: Record<string, string> = {
  fontFamily: 'inherit',
  '--normal-bg': 'var(--raised)',
  '--normal-text': 'var(--text)',
  '--normal-border': 'var(--border-strong)',
  '--gray2': 'var(--sunken)',
  '--gray4': 'var(--border-strong)',
  '--gray5': 'var(--border-strong)',
  '--gray12': 'var(--text)',
}

/** Once per page. The library is loaded with the first message. */
export function ToastRegion() {
  const [Toaster, setToaster] = useState<ComponentType<ToasterLook>>()
  const [waiting, setWaiting] = useState<ToastMessage[]>([])

  useEffect(() => {
    deliver = (message) => {
      setWaiting((messages) => [...messages, message])
      void import('sonner').then((sonner) => setToaster(() => sonner.Toaster))
    }
    return () => {
      deliver = undefined
    }
  }, [])

  useEffect(() => {
    if (!Toaster || waiting.length === 0) return
    setWaiting([])
    void import('sonner').then((sonner) => {
      for (const { kind, text, detail, action } of waiting) {
        const duration = kind === 'error' ? Number.POSITIVE_INFINITY : 5000
        sonner.toast[kind](text, { description: detail, action, duration })
      }
    })
  }, [Toaster, waiting])

  if (!Toaster) return null
  return (
    <Toaster
      position="bottom-right"
      closeButton
      style={look}
      toastOptions={{ classNames: { description: 'text-muted!' } }}
    />
  )
}

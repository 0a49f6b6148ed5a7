'use client'

import { type ComponentType, useEffect, useState } from 'react'

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

/** Once per page. The library is loaded with the first message. */
export function ToastRegion() {
  const [Toaster, setToaster] = useState<ComponentType<{ position: 'bottom-right'; closeButton: boolean }>>()
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

  return Toaster ? <Toaster position="bottom-right" closeButton /> : null
}

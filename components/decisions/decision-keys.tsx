'use client'

import { type ReactNode, useEffect, useRef, useSyncExternalStore } from 'react'
import { SEQUENCE_MS } from '#components/shell/keys'
import { decisionKey, singleKeysOn } from './keys'

/** Presses a marked control, out of its fold if it is in one. False when it is not to be seen. */
function press(control: HTMLElement): boolean {
  const fold = control.closest('details')
  if (fold) fold.open = true
  if (!control.checkVisibility()) return false
  if (control.matches('select')) control.focus()
  else control.click()
  return true
}

/**
 * Single keys for the decision inside, in the inbox and on a decision's own page: a key presses the control that is
 * marked with it (`data-decision-key`), so whatever a key does can be done without it.
 */
export function DecisionKeys({ className, children }: { className?: string; children: ReactNode }) {
  const root = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let leader = Number.NEGATIVE_INFINITY
    const onKeyDown = (event: KeyboardEvent) => {
      const key = decisionKey(event)
      // "g d" goes to the decisions: it hands nothing on.
      const inSequence = event.timeStamp - leader <= SEQUENCE_MS
      leader = key === 'g' && !inSequence ? event.timeStamp : Number.NEGATIVE_INFINITY
      if (key === null || inSequence) return
      const control = root.current?.querySelector<HTMLElement>(`[data-decision-key="${CSS.escape(key)}"]`)
      if (control && press(control)) event.preventDefault()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [])
  return (
    <div ref={root} className={className}>
      {children}
    </div>
  )
}

const never = () => () => undefined

/** Names a key where it works: not before the page is alive, not when single keys are off, not on a phone. */
export function KeyHint({ children }: { children: ReactNode }) {
  const on = useSyncExternalStore(never, singleKeysOn, () => false)
  if (!on) return null
  return <span className="max-md:hidden">{children}</span>
}

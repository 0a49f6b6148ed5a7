'use client'

import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { Checkbox } from '#components/ui/choice'
import { Dialog } from '#components/ui/dialog'
import { keyReader } from './keys'
import { navigation } from './navigation'

const SETTING = 'single-keys'
const SHEET = 'open-keyboard-sheet'

/** Opens the list of keys from a button or menu. */
export function openKeyboardSheet(): void {
  window.dispatchEvent(new Event(SHEET))
}

const typingIn = 'input, textarea, select, [contenteditable=true], [role=textbox], [role=menu], [role=listbox], dialog'

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(typingIn) !== null
}

const rows: [keys: string[], what: string][] = [
  ...navigation.flatMap(({ key, label }): [string[], string][] => (key ? [[['g', key], `Go to ${label}`]] : [])),
  [['c'], 'New requirement (inside a project)'],
  [['/'], 'Filter the list'],
  [['p'], 'Pause or resume a requirement or task'],
  [['r'], 'Retry a task'],
  [['a'], 'Give a task to another agent'],
  [['Shift', 'x'], 'Cancel a requirement or task'],
  [['1 – 4'], 'Choose an answer of a decision'],
  [['Enter'], 'Send the chosen answer'],
  [['h'], 'Put a decision off'],
  [['d'], 'Hand a decision to somebody'],
  [['u'], 'Undo the last change of a plan, take an answer back'],
  [['?'], 'This list'],
]

/** Marks a control that a single key presses: `<a data-key="new-requirement">`, `<input data-key="filter">`. */
function pressNamed(name: string): boolean {
  const control = document.querySelector<HTMLElement>(`[data-key="${name}"]`)
  if (!control) return false
  if (control.matches('input, textarea')) control.focus()
  else control.click()
  return true
}

/** Single-key shortcuts of the whole product and the sheet that lists them. They can be switched off (WCAG 2.1.4). */
export function Keyboard() {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const [on, setOn] = useState(true)

  useEffect(() => setOn(localStorage.getItem(SETTING) !== 'off'), [])
  useEffect(() => {
    const read = keyReader(new Map(navigation.flatMap(({ key, href }) => (key ? [[key, href] as const] : []))))
    const onSheet = () => setOpen(true)
    const onKeyDown = (event: KeyboardEvent) => {
      if (!on || event.defaultPrevented || event.isComposing) return
      const { key, altKey: alt, ctrlKey: control, metaKey: meta, timeStamp: at } = event
      const action = read({ key, alt, control, meta, at, typing: isTyping(event.target) })
      if (!action) return
      if (action.do === 'press' && !pressNamed(action.name)) return
      if (action.do === 'go') router.push(action.href)
      if (action.do === 'sheet') setOpen(true)
      event.preventDefault()
    }
    window.addEventListener(SHEET, onSheet)
    document.addEventListener('keydown', onKeyDown)
    return () => {
      window.removeEventListener(SHEET, onSheet)
      document.removeEventListener('keydown', onKeyDown)
    }
  }, [on, router])

  const onSwitch = (checked: boolean) => {
    setOn(checked)
    localStorage.setItem(SETTING, checked ? 'on' : 'off')
  }
  if (!open) return null
  return (
    <Dialog onClose={() => setOpen(false)} title="Keyboard" description="Keys are off while you type.">
      <dl className="flex flex-col gap-1">
        {rows.map(([keys, what]) => (
          <div key={what} className="flex min-h-8 items-center justify-between gap-4">
            <dt>{what}</dt>
            <dd className="flex gap-1">
              {keys.map((key) => (
                <kbd key={key} className="rounded-sm border border-border-strong bg-sunken px-1.5 font-mono text-code">
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <Checkbox
        className="mt-3 border-t border-border"
        label="Single-key shortcuts"
        checked={on}
        onChange={(event) => onSwitch(event.target.checked)}
      />
    </Dialog>
  )
}

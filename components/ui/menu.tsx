'use client'

import { type KeyboardEvent, type MouseEvent, type PointerEvent, type ReactNode, useId, useRef, useState } from 'react'
import { classNames } from './class-names'
import { IntentLink } from './intent-link'

export interface MenuProps {
  /** Inside the button; its words must say what the menu holds. */
  trigger: ReactNode
  triggerClassName: string
  /** Where the menu stands on the screen, for example `bottom-16 left-3`: its button never moves. */
  className: string
  children: ReactNode
}

const itemsOf = (menu: Element | null) => [...(menu?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])]

/** Where a key leads from the item that has the focus; null when it means nothing in a menu. */
function reached(key: string, items: HTMLElement[]): HTMLElement | null {
  const at = items.indexOf(document.activeElement as HTMLElement)
  const from = (index: number) => items[(index + items.length) % items.length] ?? null
  if (key === 'ArrowDown') return from(at + 1)
  if (key === 'ArrowUp') return from(at < 0 ? -1 : at - 1)
  if (key === 'Home') return from(0)
  if (key === 'End') return from(-1)
  if (key.length > 1 || key === ' ') return null
  const after = [...items.slice(at + 1), ...items.slice(0, at + 1)]
  return after.find((item) => item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase())) ?? null
}

/**
 * A button that opens a menu, by the browser's own popover: it lies above everything, closes with Escape and with a press
 * beside it, gives the focus back, and opens before this code has arrived.
 */
export function Menu({ trigger, triggerClassName, className, children }: MenuProps) {
  const id = useId()
  const menu = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const onTriggerKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    menu.current?.showPopover()
    reached(event.key === 'ArrowDown' ? 'Home' : 'End', itemsOf(menu.current))?.focus()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Tab') menu.current?.hidePopover()
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const item = reached(event.key, itemsOf(menu.current))
    if (!item) return
    event.preventDefault()
    item.focus()
  }
  return (
    <>
      <button
        type="button"
        id={`${id}-button`}
        aria-haspopup="menu"
        aria-expanded={open}
        popoverTarget={id}
        onKeyDown={onTriggerKey}
        className={triggerClassName}
      >
        {trigger}
      </button>
      <div
        ref={menu}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        aria-labelledby={`${id}-button`}
        onKeyDown={onKey}
        onToggle={(event) => {
          const opened = event.newState === 'open'
          setOpen(opened)
          if (opened && !menu.current?.contains(document.activeElement)) itemsOf(menu.current)[0]?.focus()
        }}
        className={classNames(
          'fixed inset-auto min-w-48 rounded-md border border-border bg-raised p-1 text-text shadow-floating',
          className,
        )}
      >
        {children}
      </div>
    </>
  )
}

const itemClasses =
  'target flex w-full items-center gap-2 rounded-sm px-2 text-left text-body outline-none select-none ' +
  'focus:bg-accent-soft focus:text-accent-soft-fg [&_svg]:size-4'

const item = {
  role: 'menuitem',
  tabIndex: -1,
  // One item is marked at a time, whether a key or the pointer came to it.
  onPointerMove: (event: PointerEvent<HTMLElement>) => event.currentTarget.focus({ preventScroll: true }),
  className: itemClasses,
} as const

const hide = (event: { currentTarget: Element }) => event.currentTarget.closest<HTMLElement>('[popover]')?.hidePopover()

/** Does something here. With `type="submit"` and a form around it, whatever the form does. */
export function MenuItem(props: { type?: 'button' | 'submit'; onSelect?: () => void; children: ReactNode }) {
  const onClick = (event: MouseEvent<HTMLElement>) => {
    hide(event)
    props.onSelect?.()
  }
  return (
    <button {...item} type={props.type ?? 'button'} onClick={onClick}>
      {props.children}
    </button>
  )
}

/** Goes to a page. */
export function MenuLink(props: { href: string; children: ReactNode }) {
  return <IntentLink {...item} onClick={hide} {...props} />
}

export function MenuSeparator() {
  return <hr className="my-1 border-border" />
}

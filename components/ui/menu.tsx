'use client'

import { DropdownMenu as Radix } from 'radix-ui'
import type { ComponentProps, ReactNode } from 'react'
import { classNames } from './class-names'

/** `trigger` is one button; its name must say what the menu holds. */
export function Menu(props: {
  trigger: ReactNode
  align?: 'start' | 'end'
  side?: 'top' | 'bottom'
  children: ReactNode
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{props.trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={props.align ?? 'end'}
          side={props.side ?? 'bottom'}
          sideOffset={4}
          collisionPadding={8}
          className="z-50 min-w-48 rounded-md border border-border bg-raised p-1 shadow-floating"
        >
          {props.children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export function MenuItem({ danger, className, ...rest }: ComponentProps<typeof Radix.Item> & { danger?: boolean }) {
  return (
    <Radix.Item
      className={classNames(
        'target flex cursor-pointer items-center gap-2 rounded-sm px-2 text-body outline-none select-none [&_svg]:size-4',
        'data-highlighted:bg-accent-soft data-highlighted:text-accent-soft-fg data-disabled:cursor-not-allowed data-disabled:opacity-60',
        danger && 'text-failed-fg data-highlighted:bg-failed-soft data-highlighted:text-failed-fg',
        className,
      )}
      {...rest}
    />
  )
}

export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-border" />
}

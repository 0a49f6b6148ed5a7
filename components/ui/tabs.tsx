'use client'

import { Tabs as Radix } from 'radix-ui'
import type { ComponentProps } from 'react'
import { classNames } from './class-names'

export function Tabs({ className, ...rest }: ComponentProps<typeof Radix.Root>) {
  return <Radix.Root className={classNames('flex min-w-0 flex-col', className)} {...rest} />
}

/** Scrolls sideways on a narrow screen. `aria-label` is required by what it is for. */
export function TabList({ className, ...rest }: ComponentProps<typeof Radix.List> & { 'aria-label': string }) {
  return <Radix.List className={classNames('flex gap-1 overflow-x-auto border-b border-border', className)} {...rest} />
}

export function Tab({ className, ...rest }: ComponentProps<typeof Radix.Trigger>) {
  return (
    <Radix.Trigger
      className={classNames(
        'target inline-flex shrink-0 items-center gap-1.5 border-b-2 border-transparent px-3 text-body font-medium text-muted outline-offset-[-2px]',
        'hover:text-text data-[state=active]:border-accent data-[state=active]:text-text [&_svg]:size-4',
        className,
      )}
      {...rest}
    />
  )
}

export function TabPanel({ className, ...rest }: ComponentProps<typeof Radix.Content>) {
  return <Radix.Content className={classNames('pt-4 outline-offset-4', className)} {...rest} />
}

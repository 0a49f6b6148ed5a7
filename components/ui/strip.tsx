'use client'

import { type ReactNode, useEffect, useRef } from 'react'
import { classNames } from './class-names'

/**
 * Links side by side that scroll sideways where they don't fit. Whichever has `aria-current` is brought into sight;
 * `current` says when that is another one.
 */
export function Strip(props: { current: string | undefined; className?: string; children: ReactNode }) {
  const { current, className, children } = props
  const list = useRef<HTMLUListElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another current link is the reason to look again
  useEffect(() => {
    const link = list.current?.querySelector('[aria-current]')?.getBoundingClientRect()
    const strip = list.current?.getBoundingClientRect()
    if (!link || !strip || (link.left >= strip.left && link.right <= strip.right)) return
    list.current?.scrollBy(link.left - strip.left - (strip.width - link.width) / 2, 0)
  }, [current])
  return (
    <ul ref={list} className={classNames('flex overflow-x-auto', className)}>
      {children}
    </ul>
  )
}

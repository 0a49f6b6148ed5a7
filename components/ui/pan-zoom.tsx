'use client'

import { Maximize, Minus, Plus } from 'lucide-react'
import { type FocusEvent, type PointerEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { IconButton } from './button'

const SMALLEST = 0.1
const LARGEST = 1.5
const STEP = 1.25
/** Below this size nobody reads anything. */
const LEGIBLE = 0.6
/** In a frame narrower than this, on a phone, one reads a part and scrolls. */
const NARROW = 640
const MARGIN = 32

interface Size {
  width: number
  height: number
}

/** What stays under the pointer while the size changes: a point of the content, and where it is on the screen. */
interface Anchor {
  content: { x: number; y: number }
  screen: { x: number; y: number }
}

const limited = (zoom: number) => Math.min(LARGEST, Math.max(SMALLEST, zoom))

/** The largest size at which all of it is seen; never larger than life. */
const fitting = (content: Size, frame: Size) =>
  limited(Math.min(1, (frame.width - 2 * MARGIN) / content.width, (frame.height - 2 * MARGIN) / content.height))

function useSize(): [ref: React.RefObject<HTMLDivElement | null>, size: Size | null] {
  const ref = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState<Size | null>(null)
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return
    const measure = () => setSize({ width: element.offsetWidth, height: element.offsetHeight })
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [ref, size]
}

const onGrab = (event: PointerEvent<HTMLElement>) => {
  const onControl = event.target instanceof Element && event.target.closest('a, button')
  if (event.pointerType === 'mouse' && event.button === 0 && !onControl) {
    event.currentTarget.setPointerCapture(event.pointerId)
  }
}

const onDrag = (event: PointerEvent<HTMLElement>) => {
  if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
  event.currentTarget.parentElement?.scrollBy(-event.movementX, -event.movementY)
}

/**
 * Something larger than its frame, of a size that is known. All of it is shown, on a phone what can be read of it, until
 * somebody zooms: with the buttons, or with Ctrl and the wheel. It is moved as everything that scrolls, and by dragging
 * its ground.
 */
export function PanZoom({ width, height, children }: Size & { children: ReactNode }) {
  const [frame, size] = useSize()
  const content = useRef<HTMLDivElement>(null)
  const [chosen, setChosen] = useState<number | null>(null)
  const anchor = useRef<Anchor>(null)
  const all = size ? fitting({ width, height }, size) : 1
  const zoom = chosen ?? (size && size.width < NARROW ? Math.max(all, LEGIBLE) : all)

  const zoomTo = (next: number, x: number, y: number) => {
    const place = content.current?.getBoundingClientRect()
    if (!place || limited(next) === zoom) return
    anchor.current = { content: { x: (x - place.x) / zoom, y: (y - place.y) / zoom }, screen: { x, y } }
    setChosen(limited(next))
  }
  const zoomBy = (factor: number) => {
    const place = frame.current?.getBoundingClientRect()
    if (place) zoomTo(zoom * factor, place.x + place.width / 2, place.y + place.height / 2)
  }
  useLayoutEffect(() => {
    const place = content.current?.getBoundingClientRect()
    if (!place || !anchor.current) return
    const { content: point, screen } = anchor.current
    anchor.current = null
    frame.current?.scrollBy(place.x + point.x * zoom - screen.x, place.y + point.y * zoom - screen.y)
  }, [frame, zoom])

  const onWheel = useRef<(event: WheelEvent) => void>(null)
  useEffect(() => {
    onWheel.current = (event) => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      zoomTo(zoom * Math.exp(-event.deltaY / 200), event.clientX, event.clientY)
    }
  })
  useEffect(() => {
    const element = frame.current
    const listener = (event: WheelEvent) => onWheel.current?.(event)
    // React's own listener may not keep the browser from zooming the page.
    element?.addEventListener('wheel', listener, { passive: false })
    return () => element?.removeEventListener('wheel', listener)
  }, [frame])

  const onFocus = (event: FocusEvent) => {
    if (zoom >= LEGIBLE || !event.target.matches(':focus-visible')) return
    const place = event.target.getBoundingClientRect()
    zoomTo(LEGIBLE, place.x + place.width / 2, place.y + place.height / 2)
  }
  return (
    <div className="flex size-full flex-col">
      <div ref={frame} className="min-h-0 flex-1 overflow-auto">
        {/* biome-ignore lint/a11y/noStaticElementInteractions: dragging is one way more to scroll, for a mouse */}
        <div
          onPointerDown={onGrab}
          onPointerMove={onDrag}
          onFocus={onFocus}
          className="grid min-h-full w-max min-w-full cursor-grab place-content-center active:cursor-grabbing"
          style={{ visibility: size ? undefined : 'hidden' }}
        >
          <div style={{ width: width * zoom, height: height * zoom, margin: MARGIN }}>
            <div
              ref={content}
              className="relative origin-top-left cursor-auto"
              style={{ width, height, transform: `scale(${zoom})` }}
            >
              {children}
            </div>
          </div>
        </div>
      </div>
      <div className="flex justify-end border-t border-border bg-surface">
        <IconButton label="Zoom in" size="small" disabled={zoom >= LARGEST} onClick={() => zoomBy(STEP)}>
          <Plus aria-hidden />
        </IconButton>
        <IconButton label="Zoom out" size="small" disabled={zoom <= SMALLEST} onClick={() => zoomBy(1 / STEP)}>
          <Minus aria-hidden />
        </IconButton>
        <IconButton label="Show all of it" size="small" disabled={zoom === all} onClick={() => setChosen(all)}>
          <Maximize aria-hidden />
        </IconButton>
      </div>
    </div>
  )
}

'use client'

import NextLink from 'next/link'
import { type ComponentProps, useState } from 'react'

/**
 * The product's link inside itself. Next would render every page that a visible link leads to in advance, and again
 * after each change: on our pages that is dozens of requests for each one that is looked at. Here it begins when a
 * person points at the link, touches it or comes to it by keyboard.
 */
export function IntentLink({ onPointerEnter, onFocus, ...rest }: ComponentProps<typeof NextLink>) {
  const [meant, setMeant] = useState(false)
  return (
    <NextLink
      prefetch={meant ? null : false}
      onPointerEnter={(event) => {
        setMeant(true)
        onPointerEnter?.(event)
      }}
      onFocus={(event) => {
        setMeant(true)
        onFocus?.(event)
      }}
      {...rest}
    />
  )
}

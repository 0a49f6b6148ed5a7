'use client'

import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from './button'

async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  // Plain http on another machine has no clipboard API.
  const area = document.createElement('textarea')
  area.value = text
  area.style.position = 'fixed'
  document.body.append(area)
  area.select()
  const copied = document.execCommand('copy')
  area.remove()
  if (!copied) throw new Error('copying is not allowed here')
}

/** `what` completes the name: "Copy error id". */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  const label = { idle: `Copy ${what}`, copied: 'Copied', failed: 'Copying is blocked: select the text instead' }[state]
  const onClick = () =>
    copy(text)
      .then(() => setState('copied'))
      .catch(() => setState('failed'))
      .finally(() => setTimeout(() => setState('idle'), 2000))
  return (
    <IconButton label={label} size="small" onClick={onClick}>
      {state === 'copied' ? <Check aria-hidden /> : <Copy aria-hidden />}
      <span role="status" className="sr-only">
        {state === 'idle' ? '' : label}
      </span>
    </IconButton>
  )
}

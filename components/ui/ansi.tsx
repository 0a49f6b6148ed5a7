import Anser from 'anser'
import type { CSSProperties, ReactNode } from 'react'

const names = ['grey', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'grey']
const colour = (code: string | null | undefined): string | undefined => {
  if (!code) return undefined
  const name = /^ansi-(?:bright-)?(\w+)$/.exec(code)?.[1]
  if (name === 'black' || name === 'white') return undefined
  if (name) return names.includes(name) ? `var(--ansi-${name})` : undefined
  const palette = /^ansi-palette-(\d+)$/.exec(code)?.[1]
  return palette && Number(palette) % 8 in names ? `var(--ansi-${names[Number(palette) % 8]})` : undefined
}

/** Bidirectional controls can make text read differently from what it is: they are shown, not obeyed. */
const visibleControls = (text: string) =>
  text.replace(
    /[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g,
    (char) => `⟨U+${char.codePointAt(0)?.toString(16).toUpperCase()}⟩`,
  )

/** The last state of a line that a progress bar overwrote with carriage returns. */
const collapsed = (line: string) => line.replace(/\r$/, '').split('\r').at(-1) ?? ''

/**
 * Colours of a terminal line as React text nodes. Logs are written by strangers: nothing here ever becomes HTML, and
 * colours map to our palette so that they stay readable.
 */
export function ansiLine(line: string): ReactNode {
  const text = visibleControls(collapsed(line))
  if (!text.includes('\u001b')) return text
  return Anser.ansiToJson(text, { json: true, remove_empty: true, use_classes: true }).map((part, index) => {
    const style: CSSProperties = { color: colour(part.fg) }
    if (part.decorations.includes('bold')) style.fontWeight = 600
    if (part.decorations.includes('italic')) style.fontStyle = 'italic'
    if (part.decorations.includes('underline')) style.textDecoration = 'underline'
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one line never move
      <span key={index} style={style}>
        {part.content}
      </span>
    )
  })
}

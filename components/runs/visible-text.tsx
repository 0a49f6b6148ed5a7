import type { ReactNode } from 'react'
import { characterName, hidden } from '#server/kernel/visible-text'

/** Text written by a stranger (a model, a file, a person): plain text nodes, hidden characters marked. */
export function VisibleText({ text }: { text: string }): ReactNode {
  const clean = text.replaceAll('\r\n', '\n')
  const parts: ReactNode[] = []
  let end = 0
  for (const match of clean.matchAll(hidden)) {
    parts.push(clean.slice(end, match.index))
    parts.push(
      <mark
        key={match.index}
        title="a character that cannot be seen"
        className="rounded-sm bg-needs-you-soft text-needs-you-fg"
      >
        {characterName(match[0])}
      </mark>,
    )
    end = match.index + match[0].length
  }
  if (parts.length === 0) return clean
  parts.push(clean.slice(end))
  return <bdi>{parts}</bdi>
}

import type { ReactNode } from 'react'

/**
 * Characters that change how text reads without being seen: format and control characters (bidirectional controls,
 * zero-width characters, soft hyphens, tags; Unicode TR36) and letters that are blank. Tab and line feed stay, and so
 * does the joiner inside an emoji.
 */
const hidden =
  /(?![\t\n])(?!\u200d\p{Extended_Pictographic})[\p{Cf}\p{Cc}]|\u034f|\u115f|\u1160|\u3164|\uffa0|\u17b4|\u17b5/gu

/** "⟨U+202E⟩": the name of a character that would otherwise not be seen. */
export function characterName(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`
}

/** The text with every hidden character spelled out, for places that take a string. */
export function visibleText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(hidden, characterName)
}

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

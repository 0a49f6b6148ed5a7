/**
 * Characters that change how text reads without being seen: format and control characters (bidirectional controls,
 * zero-width characters, soft hyphens, tags; Unicode TR36) and letters that are blank. Tab and line feed stay, and so
 * does the joiner inside an emoji.
 */
export const hidden =
  /(?![\t\n])(?!\u200d\p{Extended_Pictographic})[\p{Cf}\p{Cc}]|\u034f|\u115f|\u1160|\u3164|\uffa0|\u17b4|\u17b5/gu

/** "⟨U+202E⟩": the name of a character that would otherwise not be seen. */
export function characterName(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`
}

/** The text with every hidden character spelled out, for places that take a string. */
export function visibleText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(hidden, characterName)
}

/** Text cut into small deltas, never through a character. At most about 40, so long files do not take minutes. */
export function pieces(text: string, smallest = 12): string[] {
  const characters = Array.from(text)
  const size = Math.max(smallest, Math.ceil(characters.length / 40))
  const parts: string[] = []
  for (let start = 0; start < characters.length; start += size) {
    parts.push(characters.slice(start, start + size).join(''))
  }
  return parts
}

/** A rough count, four characters a token, as every provider's rule of thumb for English says. */
export function tokensIn(text: string): number {
  return Math.ceil(text.length / 4)
}

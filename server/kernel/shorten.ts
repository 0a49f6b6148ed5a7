/** The beginning and the end of a text that is longer than `most` characters, with what was left out between them. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text
  const half = most / 2
  return `${text.slice(0, half)}\n… ${text.length - most} characters left out …\n${text.slice(-half)}`
}

/** The end of a text that is longer than `most` characters. */
export function ending(text: string, most: number): string {
  return text.length <= most ? text : `…${text.slice(-most)}`
}

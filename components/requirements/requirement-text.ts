/** What can be wrong with the text of a requirement before it is sent, in words; null when nothing is. */
export function textProblem(text: string, maxBytes: number): string | null {
  if (text.trim() === '') return 'The text is empty. Write what you want, or choose a file.'
  const bytes = new TextEncoder().encode(text).byteLength
  if (bytes > maxBytes)
    return `The text is too long: ${megabytes(bytes)}, and at most ${megabytes(maxBytes)} fit. Leave out attachments or split it.`
  return null
}

/** 1_340_000 → "1.34 MB" */
export function megabytes(bytes: number): string {
  return `${Number((bytes / 1_000_000).toFixed(2))} MB`
}

const endings = /\.(md|markdown|txt)$/i

/**
 * The text of a chosen file, or why it can't be one. What the server checks is checked here too, so that a person knows
 * before a long upload.
 */
export async function readRequirementFile(
  file: { name: string; size: number; arrayBuffer: () => Promise<ArrayBuffer> },
  maxBytes: number,
): Promise<{ text: string } | { problem: string }> {
  if (!endings.test(file.name)) {
    return { problem: `${file.name} is not a text file. Choose a file that ends with .md or .txt.` }
  }
  if (file.size > maxBytes) {
    return { problem: `${file.name} is too large: ${megabytes(file.size)}, and at most ${megabytes(maxBytes)} fit.` }
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer())
    if (text.includes('\0')) return { problem: `${file.name} is not text: it holds binary data.` }
    return text.trim() === '' ? { problem: `${file.name} is empty.` } : { text }
  } catch {
    return { problem: `${file.name} is not text in UTF-8. Save it as UTF-8 and choose it again.` }
  }
}

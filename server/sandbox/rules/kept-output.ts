/**
 * Keeps the first and the last part of a long output and forgets the middle. The head says what was started, the tail
 * says how it ended; memory stays bounded by twice the limit whatever arrives.
 */
export interface KeptOutput {
  add(text: string): void
  /** Bytes seen so far, kept or not. */
  seen(): number
  truncated(): boolean
  text(): string
}

export function keptOutput(limitBytes: number): KeptOutput {
  const headLimit = Math.floor(limitBytes / 2)
  const tailLimit = limitBytes - headLimit
  const head: Uint8Array[] = []
  let tail: Uint8Array[] = []
  let headBytes = 0
  let tailBytes = 0
  let seen = 0

  return {
    add(text) {
      let bytes = new TextEncoder().encode(text)
      seen += bytes.length
      if (headBytes < headLimit) {
        const part = bytes.subarray(0, headLimit - headBytes)
        head.push(part)
        headBytes += part.length
        bytes = bytes.subarray(part.length)
      }
      if (bytes.length === 0) return
      tail.push(bytes)
      tailBytes += bytes.length
      if (tailBytes > tailLimit * 2 && tail.length > 1) {
        tail = [joined(tail, tailBytes).slice(-tailLimit)]
        tailBytes = tailLimit
      }
    },
    seen: () => seen,
    truncated: () => seen > limitBytes,
    text() {
      const end = joined(tail, tailBytes)
      if (seen <= limitBytes) return new TextDecoder().decode(joined([...head, end], headBytes + tailBytes))
      const left = seen - headBytes - Math.min(tailLimit, tailBytes)
      const start = decodeCut(joined(head, headBytes))
      return `${start}\n… ${left} bytes left out …\n${decodeCut(end.slice(-tailLimit))}`
    },
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}

/** A cut may fall inside a character: its broken halves at the edges are dropped. */
function decodeCut(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/^\ufffd+|\ufffd+$/g, '')
}

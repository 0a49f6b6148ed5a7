/** One event of a stream may not be larger: a parser that waits for the end of a larger one takes quadratic time. */
export const LARGEST_FRAME_BYTES = 1024 * 1024

export class FrameTooLargeError extends Error {
  constructor() {
    super(`a single event was larger than ${LARGEST_FRAME_BYTES} bytes`)
    this.name = 'FrameTooLargeError'
  }
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/**
 * Watches the bytes of an event stream without changing them: counts what lies between two blank lines (event streams
 * end lines with LF, CR or CRLF) and sees the `data: [DONE]` line, which the SDKs swallow.
 */
export class FrameGuard {
  private frameBytes = 0
  private lineBytes = 0
  private afterCarriageReturn = false
  /** the first bytes of the current line, enough to hold the end marker */
  private lineStart = ''
  done = false
  /** bytes that are not of a comment, so far: comments and blank lines are heartbeats and say nothing */
  spoken = 0

  /** @throws FrameTooLargeError */
  take(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (byte === LINE_FEED && this.afterCarriageReturn) {
        this.afterCarriageReturn = false
        continue
      }
      this.afterCarriageReturn = byte === CARRIAGE_RETURN
      if (byte === LINE_FEED || byte === CARRIAGE_RETURN) this.endLine()
      else this.addByte(byte)
    }
    // The end marker counts even when the server closes right behind it, without a line end.
    this.lookForDone()
  }

  private addByte(byte: number): void {
    this.lineBytes += 1
    this.frameBytes += 1
    if (this.frameBytes > LARGEST_FRAME_BYTES) throw new FrameTooLargeError()
    if (this.lineBytes <= 16) this.lineStart += String.fromCharCode(byte)
    if (!this.lineStart.startsWith(':')) this.spoken += 1
  }

  private endLine(): void {
    this.lookForDone()
    if (this.lineBytes === 0) this.frameBytes = 0
    this.lineBytes = 0
    this.lineStart = ''
  }

  private lookForDone(): void {
    if (this.lineStart.startsWith('data:') && this.lineStart.slice(5).trim() === '[DONE]') this.done = true
  }
}

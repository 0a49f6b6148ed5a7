import { AppError } from '#server/kernel/app-error'

/**
 * Reads a body and counts while reading: Content-Length is a claim of the sender and may be missing or wrong.
 * @param limit bytes
 * @throws AppError body-too-large as soon as one byte too many has come; the rest is not read
 */
export async function readLimited(body: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  if (!body) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  const source = body.getReader()
  for (;;) {
    const { done, value } = await source.read()
    if (done) break
    length += value.byteLength
    if (length > limit) {
      await source.cancel().catch(() => undefined)
      throw new AppError({
        code: 'body-too-large',
        kind: 'too-large',
        message: `This is more than the ${sizeOf(limit)} that can be taken at once. Nothing was saved; please shorten or split it.`,
        details: { limitBytes: limit },
      })
    }
    chunks.push(value)
  }
  return Buffer.concat(chunks)
}

function sizeOf(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${Math.round(bytes / 1_000_000)} MB`
}

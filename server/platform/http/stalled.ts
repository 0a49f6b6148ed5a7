/**
 * The same body, cut off when nobody takes its next piece for that long: a client that holds its connection without
 * reading keeps memory here, and no error ever tells of it.
 * @param limitMs longer than the pause between two pieces of a quiet stream
 */
export function cutOffWhenStalled(body: ReadableStream<Uint8Array>, limitMs: number): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let timer: NodeJS.Timeout | undefined
  const end = (reason: unknown) => {
    clearTimeout(timer)
    return reader.cancel(reason).catch(() => {})
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      clearTimeout(timer)
      try {
        const { done, value } = await reader.read()
        if (done) return controller.close()
        controller.enqueue(value)
      } catch (error) {
        return controller.error(error)
      }
      timer = setTimeout(() => {
        const reason = new Error(`cut off: the client took nothing for ${limitMs} ms`)
        controller.error(reason)
        void end(reason)
      }, limitMs)
      timer.unref()
    },
    cancel: (reason) => end(reason),
  })
}

const CONNECTING = 0
const OPEN = 1
const CLOSED = 2
const RECONNECT_MS = 1_000

/**
 * An EventSource for programs: it sends a token, which the browsers' own cannot, and exists in every Node version.
 * Follows the WHATWG HTML standard, "Server-sent events": parsing, Last-Event-ID, reconnecting; a refusal (any status
 * but 200) closes it for good, a lost connection does not.
 */
export function bearerEventSource(authorization: string, send: typeof fetch) {
  return class BearerEventSource extends EventTarget {
    readonly CONNECTING = CONNECTING
    readonly OPEN = OPEN
    readonly CLOSED = CLOSED
    readyState = CONNECTING
    private readonly stop = new AbortController()
    private readonly url: string
    private lastEventId = ''

    constructor(url: string) {
      super()
      this.url = url
      void this.run()
    }

    close(): void {
      this.readyState = CLOSED
      this.stop.abort()
    }

    private async run(): Promise<void> {
      while (this.readyState !== CLOSED) {
        const refused = await this.connect().catch(() => false)
        if (this.stop.signal.aborted) return
        this.readyState = refused ? CLOSED : CONNECTING
        this.dispatchEvent(new Event('error'))
        if (!refused) await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS))
      }
    }

    /** One connection, until it ends. @returns true when the server refused it, so that trying again is pointless */
    private async connect(): Promise<boolean> {
      const headers: Record<string, string> = { authorization, accept: 'text/event-stream' }
      if (this.lastEventId) headers['last-event-id'] = this.lastEventId
      const response = await send(this.url, { headers, signal: this.stop.signal })
      if (response.status >= 500) return false
      if (response.status !== 200 || !response.body) return true
      this.readyState = OPEN
      this.dispatchEvent(new Event('open'))
      await this.read(response.body)
      return false
    }

    private async read(body: ReadableStream<Uint8Array>): Promise<void> {
      const decoder = new TextDecoder()
      const reader = body.getReader()
      let rest = ''
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/)
        rest = blocks.pop() ?? ''
        for (const block of blocks) this.emit(block)
      }
    }

    private emit(block: string): void {
      let type = 'message'
      const data: string[] = []
      for (const line of block.split(/\r?\n/)) {
        const [, field, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
        if (field === 'event') type = value
        if (field === 'data') data.push(value)
        if (field === 'id') this.lastEventId = value
      }
      if (data.length === 0) return
      this.dispatchEvent(new MessageEvent(type, { data: data.join('\n'), lastEventId: this.lastEventId }))
    }
  }
}

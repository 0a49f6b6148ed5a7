import http from 'node:http'

/** A client of the event stream that remembers what it has seen, as a browser does. */
export class EventReader {
  readonly seen: bigint[] = []
  readonly #token: string
  readonly #address: () => Promise<string>
  #request: http.ClientRequest | undefined
  #closed = false
  connected: Promise<void>
  #connect: () => void = () => {}

  /** @param first the sequence after which it begins */
  constructor(token: string, address: () => Promise<string>, first: bigint) {
    this.#token = token
    this.#address = address
    this.connected = new Promise((resolve) => {
      this.#connect = resolve
    })
    void this.#open(first)
  }

  close(): void {
    this.#closed = true
    this.#request?.destroy()
  }

  async #open(after: bigint): Promise<void> {
    const url = await this.#address().catch(() => null)
    if (url === null) return this.#again(after)
    const headers = { authorization: `Bearer ${this.#token}`, 'last-event-id': String(after) }
    this.#request = http.get(`${url}/api/events`, { headers, agent: false }, (response) => {
      let rest = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        this.#connect()
        rest += text
        const frames = rest.split('\n\n')
        rest = frames.pop() ?? ''
        for (const frame of frames) {
          const id = /^id: (\d+)$/m.exec(frame)?.[1]
          if (id) this.seen.push(BigInt(id))
        }
      })
      response.on('close', () => this.#again(this.seen.at(-1) ?? after))
      response.on('error', () => {})
    })
    this.#request.on('error', () => this.#again(this.seen.at(-1) ?? after))
  }

  #waiting = false
  #again(after: bigint): void {
    if (this.#closed || this.#waiting) return
    this.#waiting = true
    setTimeout(
      () => {
        this.#waiting = false
        void this.#open(after)
      },
      500 + Math.random() * 1_500,
    )
  }
}

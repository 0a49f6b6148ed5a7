import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the connection suffers from. Nothing set: bytes pass as they are. */
export interface Toxic {
  /** added to each piece of data, each way, in order */
  latencyMs?: number
  jitterMs?: number
  /** bytes stop, sockets stay open */
  stall?: boolean
  /** ends a connection after so many bytes of answer */
  cutAfter?: number
  cutBy?: 'fin' | 'rst'
  /** pause between single bytes of answer */
  dripMs?: number
  /** flips one byte of each piece of answer */
  corrupt?: boolean
  /** resets new connections at once */
  refuse?: boolean
  /** accepts new connections, reads, and never answers */
  blackhole?: boolean
  /** answers new connections itself instead of passing them on */
  answer?: (socket: net.Socket) => void
}

/** A TCP proxy on this machine between a process and what it talks to. Changing the toxic acts on open connections too. */
export class ChaosProxy {
  toxic: Toxic = {}
  /** connections that suffered from something that ends or answers them */
  hit = 0
  readonly #server: net.Server
  readonly #live = new Set<net.Socket>()
  readonly #upstream = new Set<net.Socket>()
  readonly #target: () => { port: number; host: string }
  readonly #random: () => number

  private constructor(target: () => { port: number; host: string }, random: () => number) {
    this.#target = target
    this.#random = random
    this.#server = net.createServer({ allowHalfOpen: true }, (client) => this.#accept(client))
  }

  static async start(target: () => { port: number; host: string }, random: () => number): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(target, random)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  /** Ends every open connection. @returns how many */
  cutAll(how: 'fin' | 'rst' = 'rst'): number {
    const open = [...this.#live]
    for (const socket of open) {
      if (how === 'rst') socket.resetAndDestroy()
      else socket.end(() => socket.destroySoon())
    }
    return open.length
  }

  /** Ports of our own ends of the connections to the target, as the target sees them. */
  upstreamPorts(): number[] {
    return [...this.#upstream].flatMap((socket) => socket.localPort ?? [])
  }

  async close(): Promise<void> {
    for (const socket of this.#live) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #track(socket: net.Socket): void {
    this.#live.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => this.#live.delete(socket))
    socket.on('error', () => socket.destroy())
  }

  #accept(client: net.Socket): void {
    this.#track(client)
    const { refuse, blackhole, answer } = this.toxic
    if (refuse || blackhole || answer) this.hit += 1
    if (refuse) return void client.resetAndDestroy()
    if (blackhole) return void client.resume()
    if (answer) {
      answer(client)
      return
    }
    const upstream = net.connect({ ...this.#target(), allowHalfOpen: true })
    this.#track(upstream)
    this.#upstream.add(upstream)
    upstream.on('close', () => this.#upstream.delete(upstream))
    this.#pump(client, upstream, false)
    this.#pump(upstream, client, true)
  }

  #pump(from: net.Socket, to: net.Socket, isAnswer: boolean): void {
    let queue = Promise.resolve()
    let passed = 0
    from.on('data', (piece) => {
      from.pause()
      queue = queue
        .then(async () => {
          passed = await this.#pass(piece, from, to, isAnswer ? passed : null)
          from.resume()
        })
        .catch(() => {
          from.destroy()
        })
    })
    from.on('end', () => {
      queue = queue.then(() => {
        to.end()
      })
    })
    from.on('close', () => {
      queue = queue.then(() => to.destroySoon())
    })
  }

  /** @param passed bytes of answer so far, null for the way there @returns the same afterwards */
  async #pass(given: Buffer, from: net.Socket, to: net.Socket, passed: number | null): Promise<number> {
    let piece = given
    const { latencyMs = 0, jitterMs = 0 } = this.toxic
    if (latencyMs + jitterMs > 0) await sleep(latencyMs + this.#random() * jitterMs)
    while (this.toxic.stall && !to.destroyed && !from.destroyed) await sleep(25)
    if (to.destroyed) return passed ?? 0
    if (passed === null) return this.#write(to, piece, 0)
    const { cutAfter, cutBy = 'fin', corrupt, dripMs } = this.toxic
    if (corrupt) {
      piece = Buffer.from(piece)
      const at = Math.floor(this.#random() * piece.length)
      piece[at] = (piece[at] ?? 0) ^ 0x5a
      this.hit += 1
    }
    if (cutAfter !== undefined && passed + piece.length > cutAfter) {
      this.hit += 1
      await this.#write(to, piece.subarray(0, Math.max(0, cutAfter - passed)), 0)
      if (cutBy === 'rst') to.resetAndDestroy()
      else to.end()
      from.destroy()
      return cutAfter
    }
    if (dripMs === undefined) return this.#write(to, piece, passed)
    for (const byte of piece) {
      if (to.destroyed) break
      await this.#write(to, Buffer.of(byte), 0)
      await sleep(dripMs)
    }
    return passed + piece.length
  }

  async #write(to: net.Socket, piece: Buffer, passed: number): Promise<number> {
    if (!to.destroyed && !to.write(piece)) {
      await new Promise<void>((resolve) => {
        to.once('drain', resolve)
        to.once('close', resolve)
      })
    }
    return passed + piece.length
  }
}

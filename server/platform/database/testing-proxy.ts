import net from 'node:net'

/** What goes wrong on the way to Postgres, from now on and for connections that are already open. */
interface Trouble {
  /** milliseconds added to each piece of data, each way */
  latencyMs?: number
  /** nothing moves any more, but no connection breaks: a cut cable, a machine that is gone */
  stalled?: boolean
  /** new connections are reset */
  refuse?: boolean
}

export interface ChaosProxy {
  /** The same database through the proxy. */
  url: string
  set: (trouble: Trouble) => void
  /** Resets every open connection. */
  cut: () => void
  /** Nothing moves any more on connections that are open now, and none breaks; new ones work. */
  freeze: () => void
  /** Connections that are open now. */
  readonly open: number
  close: () => Promise<void>
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** Milliseconds between two looks whether a stall is over. */
const LOOK_MS = 20

/** A TCP proxy in front of a server, whose connections can be slowed, stalled, refused and cut. */
export async function startChaosProxy(databaseUrl: string): Promise<ChaosProxy> {
  const target = new URL(databaseUrl)
  let trouble: Trouble = {}
  const sockets = new Set<net.Socket>()
  let frozen = new WeakSet<net.Socket>()
  const server = net.createServer((client) => {
    client.on('error', () => {})
    if (trouble.refuse) return void client.resetAndDestroy()
    const upstream = net.connect(Number(target.port || 5432), target.hostname)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.once('close', () => {
        sockets.delete(socket)
        if (!trouble.stalled && !frozen.has(socket)) other.destroy()
      })
      carry(socket, other, () => (frozen.has(socket) ? { ...trouble, stalled: true } : trouble))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as net.AddressInfo).port)
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    url: url.href,
    set: (next) => {
      trouble = next
    },
    cut,
    freeze: () => {
      for (const socket of sockets) frozen.add(socket)
    },
    get open() {
      return sockets.size / 2
    },
    close: async () => {
      trouble = {}
      frozen = new WeakSet()
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Hands on what comes in, in order, as fast as the trouble of the moment lets it. */
function carry(from: net.Socket, to: net.Socket, trouble: () => Trouble): void {
  let line = Promise.resolve()
  from.on('data', (data) => {
    const due = performance.now() + (trouble().latencyMs ?? 0)
    line = line.then(async () => {
      const wait = due - performance.now()
      if (wait > 1) await sleep(wait)
      while (trouble().stalled && !to.destroyed) await sleep(LOOK_MS)
      if (!to.destroyed) to.write(data)
    })
  })
  from.on('end', () => {
    line = line.then(async () => {
      while (trouble().stalled && !to.destroyed) await sleep(LOOK_MS)
      to.end()
    })
  })
}

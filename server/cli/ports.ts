import { createServer } from 'node:net'
import { AppError } from '#server/kernel/app-error'

const TRIES = 50

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

/** The wanted port, or the next free one after it. */
export async function nextFreePort(wanted: number, host: string): Promise<number> {
  for (let port = wanted; port < wanted + TRIES && port <= 65_535; port += 1) if (await isFree(port, host)) return port
  throw new AppError({
    code: 'no-free-port',
    kind: 'unavailable',
    message: `No port from ${wanted} on is free on ${host}. Choose another with --port.`,
  })
}

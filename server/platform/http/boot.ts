import { launcherEnvironment } from '#server/platform/env/launcher'
import { logger } from '#server/platform/logging/logger'
import { isAlive } from '#server/platform/process/alive'
import { queue } from '#server/platform/queue/queue'
import { beginShutdown } from './shutdown'

const DRAIN_LIMIT_MS = 8_000
const LOOK_MS = 500

/** What the web server does once when it starts: end its streams on a signal, follow its launcher, start its queue. */
export function bootWebServer(): void {
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(name, () => {
      beginShutdown() // Next's own handler then finds no open stream and drains the rest
      setTimeout(() => process.exit(code), DRAIN_LIMIT_MS).unref()
    })
  }
  followLauncher()
  // Before the first burst: transactions that hold every connection while the queue wants its first one would wait for
  // each other. A database that is away now is asked again by the first job.
  queue().catch((error: unknown) => logger().warn({ err: error }, 'the queue starts with the first job'))
}

/**
 * Stops this process (by SIGTERM to its process group) when its launcher is gone: killed with -9 it can't stop us, and nobody
 * should have to hunt for a process that holds the port. For the web server, the worker and the scripted provider.
 */
export function followLauncher(): void {
  const launcher = launcherEnvironment().LAUNCHER_PID
  if (!launcher) return
  const timer = setInterval(() => {
    if (isAlive(launcher)) return
    clearInterval(timer)
    process.kill(0, 'SIGTERM') // our whole process group, which the launcher made for us: a watcher or build worker too
  }, LOOK_MS)
  timer.unref()
}

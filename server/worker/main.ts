import { hostname } from 'node:os'
import { closeDatabase } from '#server/platform/database/client'
import { followLauncher } from '#server/platform/http/boot'
import { logger } from '#server/platform/logging/logger'
import { Consumer } from '#server/platform/queue/consumer'
import { Listener } from '#server/platform/queue/listener'
import { JOBS_CHANNEL, stopQueue } from '#server/platform/queue/queue'
import { sandboxRunner } from '#server/sandbox/registry'
import { sweep } from '#server/scheduler/handlers'
import { handlers } from './handlers'

/** Jobs a worker process does at the same time. Long ones mostly wait for models and sandboxes. */
const SLOTS = { quick: 4, long: 8 } as const
const SWEEP_MS = 5_000
/** Milliseconds that running jobs get to stop; what is not done by then is handed back by its heartbeat. */
const STOP_MS = 8_000

const worker = `${hostname()}:${process.pid}`
const table = handlers(worker)
const listener = new Listener([JOBS_CHANNEL])
await listener.start()
const consumer = new Consumer((job, signal) => table[job.name](job, signal), SLOTS, listener)
await consumer.start()
const sweeper = setInterval(() => {
  sweep().catch((error) => logger().warn({ err: error }, 'sweep failed, trying again'))
}, SWEEP_MS)
void sweep().catch((error) => logger().warn({ err: error }, 'sweep failed, trying again'))
logger().info({ worker }, 'worker is ready')
sandboxRunner().then(
  (runner) => logger().info({ sandbox: runner.name }, 'the sandbox passed its self-test'),
  (error) => logger().error({ err: error }, 'no sandbox: commands are disabled, planning and decisions still work'),
)

let stopping = false
async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  clearInterval(sweeper)
  await consumer.stop(STOP_MS)
  await listener.stop()
  await stopQueue()
  await closeDatabase()
  logger().info({ worker }, 'worker has stopped')
  process.exit(0)
}
process.on('SIGINT', () => void stop())
process.on('SIGTERM', () => void stop())
followLauncher()

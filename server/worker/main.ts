import { hostname } from 'node:os'
import { relayWhenNudged } from '#server/notifications/relay'
import { closeDatabase } from '#server/platform/database/client'
import { workerEnvironment } from '#server/platform/env/worker'
import { followLauncher } from '#server/platform/http/boot'
import { logger } from '#server/platform/logging/logger'
import { Consumer } from '#server/platform/queue/consumer'
import { Listener } from '#server/platform/queue/listener'
import { startPeriodic } from '#server/platform/queue/periodic'
import { JOBS_CHANNEL, stopQueue } from '#server/platform/queue/queue'
import { stopWatching } from '#server/runs/watch'
import { sandboxRunner } from '#server/sandbox/registry'
import { wakeAfterStart } from '#server/scheduler/handlers'
import { handlers } from './handlers'
import { periodic } from './periodic'

/** Milliseconds that running jobs get to stop; what is not done by then is handed back. */
const STOP_MS = 6_000
/** A process that can't even say goodbye to its database in this time ends without. */
const GIVE_UP_MS = 8_500
const START_AGAIN_MS = 1_000

const worker = `${hostname()}:${process.pid}`
const table = handlers(worker)
const { WORKER_SLOTS, WORKER_QUICK_SLOTS, WORKER_MESSAGE_SLOTS } = workerEnvironment()
const slots = { quick: WORKER_QUICK_SLOTS, long: WORKER_SLOTS, message: WORKER_MESSAGE_SLOTS }
const listener = new Listener([JOBS_CHANNEL])
const consumer = new Consumer((job, ...rest) => table[job.name](job, ...rest), slots, listener)
let stopPeriodic = () => {}
let stopping = false
process.on('SIGINT', () => void stop())
process.on('SIGTERM', () => void stop())
followLauncher()

await listener.start() // waits for a database that is late, restarting, or out of connections
while (!stopping) {
  try {
    await consumer.start()
    break
  } catch (error) {
    logger().warn({ err: error }, 'the queue did not start, trying again')
    await new Promise((resolve) => setTimeout(resolve, START_AGAIN_MS * (0.5 + Math.random())))
  }
}
stopPeriodic = startPeriodic(periodic)
relayWhenNudged((nudge) => listener.on('notification', nudge))
logger().info({ worker }, 'worker is ready')
wakeAfterStart().catch((error) => {
  logger().warn({ err: error }, 'what waits for a key of before waits until its time is over')
})
sandboxRunner().then(
  (runner) => logger().info({ sandbox: runner.name }, 'the sandbox passed its self-test'),
  (error) => logger().error({ err: error }, 'no sandbox: commands are disabled, planning and decisions still work'),
)

async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(1), GIVE_UP_MS).unref()
  stopPeriodic()
  await consumer.stop(STOP_MS)
  await listener.stop()
  await stopWatching()
  await stopQueue()
  await closeDatabase()
  logger().info({ worker }, 'worker has stopped')
  process.exit(0)
}

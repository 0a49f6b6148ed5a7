import { launcherEnvironment } from '#server/platform/env/launcher'
import { isAlive } from '#server/platform/process/alive'
import { scriptedEnvironment } from '#server/scripted/environment'
import { startScriptedProvider } from '#server/scripted/server'

/** How often to look whether the launcher still lives, milliseconds. */
const LAUNCHER_CHECK_MS = 1_000

async function main(): Promise<void> {
  const environment = scriptedEnvironment()
  const provider = await startScriptedProvider({
    port: environment.SCRIPTED_PORT,
    host: environment.SCRIPTED_HOST,
    control: environment.SCRIPTED_CONTROL === '1',
    paceMs: environment.SCRIPTED_PACE_MS,
  })
  const stop = (): void => {
    void provider.close().then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  const launcher = launcherEnvironment().LAUNCHER_PID
  if (launcher !== undefined) {
    // A launcher that was killed could not tell us to stop.
    setInterval(() => isAlive(launcher) || stop(), LAUNCHER_CHECK_MS).unref()
  }
  process.stdout.write(`${JSON.stringify({ name: 'scripted', url: provider.url })}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})

import { parseArgs } from 'node:util'
import { z } from 'zod'
import { AppError } from '#server/kernel/app-error'
import { type Colour, complain, paint, say } from '../output'
import { loadEnvironmentFiles, type Product, startProduct } from '../product'

const COLOURS: Record<string, Colour> = {
  start: 'dim',
  build: 'blue',
  web: 'cyan',
  worker: 'magenta',
  scripted: 'yellow',
}
const WIDTH = Math.max(...Object.keys(COLOURS).map((name) => name.length))

const prefixed = (source: string, line: string) =>
  say(`${paint(COLOURS[source] ?? 'dim', source.padEnd(WIDTH))} | ${line}`)

/** Milliseconds after which another Ctrl-C is meant as one. */
const AGAIN_MS = 1000

const argumentsSchema = z.object({
  port: z.coerce.number('--port needs a number').int().min(1).max(65_535).optional(),
  data: z.string().min(1).optional(),
  'no-build': z.boolean().optional(),
})

function readArguments(args: string[]): z.infer<typeof argumentsSchema> {
  const { values } = parseArgs({
    args,
    options: { port: { type: 'string', short: 'p' }, data: { type: 'string' }, 'no-build': { type: 'boolean' } },
  })
  const parsed = argumentsSchema.safeParse(values)
  if (parsed.success) return parsed.data
  throw new AppError({ code: 'bad-arguments', kind: 'invalid', message: '--port needs a number from 1 to 65535.' })
}

function announce(product: Product): void {
  const address = paint('bold', product.url)
  say()
  say(`Orchestrator is running at ${address}   (Ctrl-C stops it)`)
  if (product.setupUrl) say(`Nobody has an account yet. Sign in once with ${paint('bold', product.setupUrl)}`)
  say()
}

/**
 * Starts the product and stays until it is asked to stop: the first Ctrl-C stops it in order, a second one at once.
 * @returns the exit code: 0 after a clean stop, 1 when it could not start or a process could not be kept running
 */
export async function launch(mode: 'production' | 'development', args: string[]): Promise<number> {
  const { port, data: dataDir, 'no-build': noBuild } = readArguments(args)
  loadEnvironmentFiles()
  const asked = new AbortController()
  let product: Product | undefined
  let firstAsked = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      // npm and tsx pass the terminal's Ctrl-C on as well, so one key press may arrive several times
      if (asked.signal.aborted && Date.now() - firstAsked > AGAIN_MS) product?.kill()
      firstAsked ||= Date.now()
      asked.abort()
    })
  }
  const stopAsked = new Promise<null>((resolve) => asked.signal.addEventListener('abort', () => resolve(null)))
  try {
    product = await startProduct({ port, dataDir, mode, build: !noBuild, onLine: prefixed, signal: asked.signal })
  } catch (error) {
    if (!asked.signal.aborted) throw error
    say('Stopped before it was ready.')
    return 0
  }
  announce(product)
  const failure = await Promise.race([stopAsked, product.failed])
  if (failure) complain(failure)
  else say('Stopping …')
  await product.stop()
  say('Stopped.')
  return failure ? 1 : 0
}

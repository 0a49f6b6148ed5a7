import { parseArgs } from 'node:util'
import { ensureBubblewrap } from '../machine'
import { paint, say } from '../output'
import { add, stages, summaryLine } from '../test-stages'

/** `test [--fast]`: every check and test in order, up to the first stage that fails. `--fast` leaves out faults and the browser. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { fast: { type: 'boolean', default: false } } })
  const sandbox = await ensureBubblewrap(say)
  if (sandbox.state !== 'good') say(paint('yellow', sandbox.message))
  let counts = { passed: 0, failed: 0, skipped: 0 }
  let ok = true
  for (const stage of stages({ fast: values.fast })) {
    say(paint('bold', `\n▸ ${stage.name}`))
    const started = performance.now()
    const result = await stage.run()
    counts = add(counts, result.counts)
    ok = result.ok
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    say(`${ok ? paint('green', 'passed') : paint('red', 'failed')} ${stage.name} (${seconds} s)`)
    if (!ok) break
  }
  say()
  say(summaryLine(counts))
  return ok ? 0 : 1
}

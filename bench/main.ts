import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { inheritedEnvironment } from '#server/platform/env/inherited'

/** In this order: what everything else depends on first. */
const BENCHMARKS = [
  'dispatch',
  'throughput',
  'graphs',
  'growth',
  'append',
  'events',
  'signals',
  'messages',
  'start',
  'page-weight',
  'event-to-pixel',
]

/** One after the other, each in a process of its own; the next ones run also when one fails. */
function run(name: string, flags: string[]): Promise<number> {
  const file = path.join(import.meta.dirname, `${name}.ts`)
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...flags], {
    stdio: 'inherit',
    env: inheritedEnvironment(),
  })
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
}

const given = process.argv.slice(2)
const flag = given.findIndex((word) => word.startsWith('--'))
const names = flag === -1 ? given : given.slice(0, flag)
const flags = flag === -1 ? [] : given.slice(flag)
const present = BENCHMARKS.filter((name) => existsSync(path.join(import.meta.dirname, `${name}.ts`)))
const unknown = names.filter((name) => !present.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}. There are: ${present.join(', ')}.\n`)
  process.exit(2)
}
if (names.length !== 1 && flags.length > 0) {
  process.stderr.write(
    'Flags belong to one benchmark: name it, for example `npm run bench -- graphs --graphs FOLDER`.\n',
  )
  process.exit(2)
}
const failed: string[] = []
for (const name of names.length > 0 ? names : present) {
  process.stdout.write(`\n▸ ${name}\n`)
  if ((await run(name, flags)) !== 0) failed.push(name)
}
if (failed.length > 0) process.stderr.write(`\nDid not come to an end: ${failed.join(', ')}\n`)
process.exitCode = failed.length > 0 ? 1 : 0

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { expect, test } from 'vitest'
import { PROJECT } from './project'

/** Runs it with an output that nobody reads from the start, as after `| head` has seen enough. */
async function unread(args: string[]): Promise<{ code: number | null; complaints: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  let complaints = ''
  child.stderr.on('data', (text) => (complaints += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, complaints }
}

test('a command whose output nobody reads any more ends without a word', async () => {
  expect(await unread(['server/cli/main.ts', 'help'])).toEqual({ code: 0, complaints: '' })
})

test('one that keeps something running stops it in order first, once', async () => {
  const output = JSON.stringify(path.join(PROJECT, 'server/cli/output.ts'))
  const program = `
    import(${output}).then(({ endWithReader, say }) => {
      endWithReader()
      const lines = setInterval(say, 5, 'a line')
      process.on('SIGTERM', () => {
        process.stderr.write('stopping.')
        setTimeout(() => { clearInterval(lines); process.exitCode = 7 }, 100)
      })
    })`
  expect(await unread(['--eval', program])).toEqual({ code: 7, complaints: 'stopping.' })
})

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative, resolve } from 'node:path'
import { splitStatements, titleOf } from '#server/requirements/rules/statements'
import { compile } from '#server/scripted/packs/compile'
import type { Answer, Build } from '#server/scripted/packs/ports'

/** A build written to a temporary folder, to run what was generated as anybody would: with Node alone. */
export interface Trial {
  build: Build
  folder: string
  /** runs a command in the folder; `output` holds both streams */
  run(command: string): Promise<{ code: number; output: string }>
  /** the results of test files by statement ref */
  results(files: string): Promise<TestResults>
  /** the same for one file, without the runner's process around it: half the time */
  quickResults(file: string): Promise<TestResults>
  /** replaces text in a generated file while the work is done; the text must be there */
  broken<T>(path: string, from: string, to: string, work: () => Promise<T>): Promise<T>
  remove(): void
}

interface TestResults {
  code: number
  passed: string[]
  failed: string[]
  todo: string[]
  output: string
}

export function buildOf(text: string, answers: Answer[] = []): Build {
  return compile({ title: titleOf(text), text, statements: splitStatements(text), answers })
}

export function openTrial(text: string, answers: Answer[] = []): Trial {
  const build = buildOf(text, answers)
  const folder = mkdtempSync(join(tmpdir(), 'scripted-'))
  for (const file of build.units.flatMap((unit) => unit.files)) {
    const path = resolve(folder, file.path)
    if (relative(folder, path).startsWith('..')) throw new Error(`unsafe path: ${file.path}`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, file.text)
  }
  const run = (command: string) => runIn(folder, command)
  return {
    build,
    folder,
    run,
    results: async (file) => readTap(await run(`node --test --test-reporter=tap ${file}`)),
    quickResults: async (file) => readTap(await run(`node --test-reporter=tap ${file}`)),
    async broken(path, from, to, work) {
      const whole = readFileSync(join(folder, path), 'utf8')
      if (!whole.includes(from)) throw new Error(`${path} does not contain ${from}`)
      writeFileSync(
        join(folder, path),
        whole.replace(from, () => to),
      )
      try {
        return await work()
      } finally {
        writeFileSync(join(folder, path), whole)
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function runIn(folder: string, command: string): Promise<{ code: number; output: string }> {
  const env = {
    NODE_ENV: 'test' as const,
    PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    TMPDIR: tmpdir(),
  }
  return new Promise((done) => {
    execFile('/bin/sh', ['-c', command], { cwd: folder, env, maxBuffer: 20_000_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      done({ code, output: stdout + stderr })
    })
  })
}

function readTap({ code, output }: { code: number; output: string }): TestResults {
  const results: TestResults = { code, passed: [], failed: [], todo: [], output }
  for (const match of output.matchAll(/^(ok|not ok) \d+ - \\?\[(S\d+)\\?\](.*)$/gm)) {
    const ref = match[2] ?? ''
    if (/# (?:TODO|SKIP)/.test(match[3] ?? '')) results.todo.push(ref)
    else if (match[1] === 'ok') results.passed.push(ref)
    else results.failed.push(ref)
  }
  return results
}

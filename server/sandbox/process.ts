import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, readdirSync, readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { cleanText } from '#server/kernel/clean-text'
import { type CommandResult, FLOOD_BYTES, MAX_OUTPUT_BYTES } from './model'
import type { SandboxRunOptions } from './ports'
import { type KeptOutput, keptOutput } from './rules/kept-output'

export interface ProcessSettings {
  file: string
  arguments: readonly string[]
  /** Contents for descriptors 3, 4, 5 … of the program, which reads each to its end. */
  feeds: readonly (string | Uint8Array)[]
  environment: Record<string, string>
  directory: string
  timeoutMs: number
  maxOutputBytes?: number
}

export interface ProcessOutcome extends CommandResult {
  /** What the program wrote on the descriptor after the last feed: the wrapper's word, not the command's. */
  status: string
  /** True when we ended it. */
  killed: boolean
}

/** Time for the kernel to tear a killed process tree down before we stop waiting for its pipes. */
const TEARDOWN_MS = 5_000

/**
 * Starts a program as leader of its own process group, feeds and drains its descriptors, and kills the whole group at the
 * time limit, on abort and on an output flood. Call it from the main thread: a sandbox told to die with its parent watches
 * the thread that started it.
 * @throws the spawn error when the program can't be started
 */
export function runProcess(settings: ProcessSettings, options: SandboxRunOptions): Promise<ProcessOutcome> {
  const started = performance.now()
  const kept = keptOutput(Math.min(settings.maxOutputBytes ?? MAX_OUTPUT_BYTES, MAX_OUTPUT_BYTES))
  const child = spawn(settings.file, [...settings.arguments], {
    cwd: settings.directory,
    env: settings.environment as NodeJS.ProcessEnv,
    detached: true,
    stdio: coveringInherited(['ignore', 'pipe', 'pipe', ...settings.feeds.map(() => 'pipe' as const), 'pipe']),
  })
  return new Promise((resolve, reject) => {
    let timedOut = false
    let killed = false
    let teardown: NodeJS.Timeout | undefined
    const kill = () => {
      if (killed || child.pid === undefined) return
      killed = true
      killGroup(child.pid)
      teardown = setTimeout(() => destroyStreams(child), TEARDOWN_MS)
    }
    const timer = setTimeout(() => {
      timedOut = true
      kill()
    }, settings.timeoutMs)
    const finish = () => {
      clearTimeout(timer)
      clearTimeout(teardown)
      options.signal?.removeEventListener('abort', kill)
    }
    child.once('error', (error) => {
      finish()
      reject(error)
    })
    if (child.pid === undefined) return
    options.signal?.addEventListener('abort', kill, { once: true })
    if (options.signal?.aborted) kill()
    feed(child, settings.feeds)
    const status = collect(child.stdio[3 + settings.feeds.length] as Readable)
    drain(child, kept, options, kill)
    child.once('exit', () => {
      // Whatever stayed in the group would hold the pipes open and outlive the command.
      if (child.pid !== undefined) killGroup(child.pid)
    })
    child.once('close', (exitCode, signal) => {
      finish()
      resolve({
        exitCode: killed ? null : exitCode,
        signal: killed ? 'SIGKILL' : signal,
        timedOut,
        outputTruncated: kept.truncated(),
        output: kept.text(),
        durationMs: Math.round(performance.now() - started),
        status: status(),
        killed,
      })
    })
  })
}

const CLOSE_ON_EXEC = 0o2000000
let inherited: readonly number[] | undefined
let nothing = -1

/**
 * Descriptors that whoever started the server left open pass on to every child, a log file or a socket of another program
 * perhaps. Node's own close by themselves; these are replaced by /dev/null.
 */
function coveringInherited(own: ('ignore' | 'pipe')[]): ('ignore' | 'pipe' | number)[] {
  inherited ??= inheritedDescriptors()
  const all: ('ignore' | 'pipe' | number)[] = [...own]
  for (const descriptor of inherited) {
    if (descriptor < own.length) continue
    if (nothing < 0) nothing = openSync('/dev/null', 'r')
    while (all.length < descriptor) all.push('ignore')
    all[descriptor] = nothing
  }
  return all
}

function inheritedDescriptors(): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fdinfo')
    .map(Number)
    .filter((descriptor) => descriptor > 2 && staysOpen(descriptor))
    .sort((one, other) => one - other)
}

function staysOpen(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? '0'
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
  } catch {
    return false // The descriptor of the listing itself, closed by now.
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // The group is already gone, which is what was asked for.
  }
}

function destroyStreams(child: ChildProcess): void {
  for (const stream of child.stdio) stream?.destroy()
}

function feed(child: ChildProcess, feeds: ProcessSettings['feeds']): void {
  for (const [index, content] of feeds.entries()) {
    const pipe = child.stdio[3 + index] as Writable
    // The program may end before it has read everything; its exit code tells that story.
    pipe.on('error', () => {})
    pipe.end(content)
  }
}

function collect(stream: Readable): () => string {
  const parts: Buffer[] = []
  stream.on('data', (part: Buffer) => parts.push(part))
  stream.on('error', () => {})
  return () => Buffer.concat(parts).toString('utf8')
}

function drain(child: ChildProcess, kept: KeptOutput, options: SandboxRunOptions, kill: () => void): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    const decoder = new TextDecoder()
    const take = (decoded: string) => {
      if (decoded === '' || kept.seen() > FLOOD_BYTES) return
      const text = cleanText(decoded)
      kept.add(text)
      options.onOutput?.({ stream, text })
      if (kept.seen() > FLOOD_BYTES) kill()
    }
    child[stream]?.on('data', (bytes: Buffer) => take(decoder.decode(bytes, { stream: true })))
    child[stream]?.on('end', () => take(decoder.decode()))
  }
}

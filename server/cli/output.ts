import { WriteStream } from 'node:tty'

const colours = { dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, bold: 1 } as const
export type Colour = keyof typeof colours

/** Colours a text for a terminal; leaves it plain in a file or a pipe. */
export function paint(colour: Colour, text: string): string {
  const coloured = process.stdout instanceof WriteStream && process.stdout.hasColors()
  return coloured ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text
}

let readerGone = false

/**
 * Ends quietly when whoever reads our output has gone, as `| head` does: what still runs is stopped in order, as by a
 * signal, and nothing else is lost by lines that nobody reads.
 */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      if (readerGone) return
      readerGone = true
      if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM', 'SIGTERM')
      else process.exit(0)
    })
  }
}

/** Whether nobody reads our output any more. */
export function isUnread(): boolean {
  return readerGone
}

/** One line for the person at the terminal. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/** One line about what went wrong. */
export function complain(line: string): void {
  process.stderr.write(`${paint('red', line)}\n`)
}

/** Cuts a stream of text into lines and hands each to `take`; the last one also without its end. */
export function byLine(take: (line: string) => void): { push: (text: string) => void; end: () => void } {
  let rest = ''
  return {
    push(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) take(line)
    },
    end() {
      if (rest) take(rest)
      rest = ''
    },
  }
}

/** A log line of one of our processes as a person reads it: level and message instead of the JSON around them. */
export function readableLogLine(line: string): string {
  if (!line.startsWith('{')) return line
  try {
    const entry = JSON.parse(line) as Record<string, unknown>
    const level = String(entry['log.level'] ?? '')
    const error = entry.error as { message?: string } | undefined
    const text = [entry.message, error?.message].filter((part, at, all) => part && all.indexOf(part) === at).join(': ')
    if (!level) return line
    if (level === 'error' || level === 'fatal') return paint('red', text)
    return level === 'warn' ? paint('yellow', text) : text
  } catch {
    return line // not a log line of ours
  }
}

import type { LogLine, ToolCallView, TurnView } from '#server/runs/queries'

/** A piece of a run as people read it: what was thought, said and done, in order. */
export type Block =
  | { kind: 'thinking' | 'text' | 'notice' | 'error' | 'output'; id: string; text: string; live: boolean }
  | { kind: 'call'; id: string; call: ToolCallView; liveOutput: string }
  | { kind: 'turn'; id: string; turn: TurnView }

const milliseconds = (at: Date | string) => new Date(at).getTime()

/**
 * Joins the journal (finished turns with their tool calls) and the live log (thinking, notices, text that still
 * streams). What the journal holds is shown from the journal; the log gives what it does not keep.
 */
export function transcriptBlocks(turns: readonly TurnView[], lines: readonly LogLine[], running: boolean): Block[] {
  const blocks: Block[] = []
  let next = 0
  let outputSince: LogLine[] = []
  for (const [index, turn] of turns.entries()) {
    const end = milliseconds(turn.endedAt)
    const before: LogLine[] = []
    for (let line = lines[next]; line && milliseconds(line.at) <= end; line = lines[++next]) before.push(line)
    blocks.push(
      ...merged(
        before.filter((line) => keptFromLog(line.kind)),
        false,
      ),
    )
    blocks.push({ kind: 'turn', id: `turn-${turn.number}`, turn })
    if (turn.text.trim()) blocks.push({ kind: 'text', id: `text-${turn.number}`, text: turn.text, live: false })
    const last = index === turns.length - 1
    if (last) outputSince = lines.slice(next).filter((line) => line.kind === 'output')
    for (const call of turn.toolCalls) {
      const open = call.endedAt === null && call.state === 'running'
      const liveOutput = open ? outputSince.map((line) => line.text).join('') : ''
      blocks.push({ kind: 'call', id: call.id, call, liveOutput })
    }
  }
  const rest = lines.slice(next).filter((line) => isLiveTail(line, turns.at(-1), running))
  blocks.push(...merged(rest, running))
  return blocks
}

function keptFromLog(kind: string): boolean {
  return kind === 'thinking' || kind === 'notice' || kind === 'error'
}

/** Text gathered just before a turn was stored may reach the log just after it: it is not shown twice. */
function isLiveTail(line: LogLine, turn: TurnView | undefined, running: boolean): boolean {
  if (keptFromLog(line.kind)) return true
  if (line.kind !== 'text') return false
  return running && !(turn && line.text.trim() !== '' && turn.text.includes(line.text.trim()))
}

function merged(lines: readonly LogLine[], live: boolean): Block[] {
  const blocks: Block[] = []
  for (const line of lines) {
    const kind = line.kind as 'thinking' | 'text' | 'notice' | 'error'
    const last = blocks.at(-1)
    const streams = kind === 'thinking' || kind === 'text'
    if (streams && last?.kind === kind) last.text += line.text
    else blocks.push({ kind, id: `log-${line.sequence}`, text: line.text, live: live && streams })
  }
  return blocks
}

/** The line a tool call folds to: "ran node --test", "wrote tests/store.test.js". */
export function callTitle(call: Pick<ToolCallView, 'name' | 'input'>): { verb: string; object: string } {
  const input = inputOf(call.input)
  const text = (key: string) => (typeof input[key] === 'string' ? input[key] : '')
  switch (call.name) {
    case 'run_command':
      return { verb: 'ran', object: text('command') }
    case 'read_file':
      return { verb: 'read', object: text('path') }
    case 'write_file':
      return { verb: 'wrote', object: text('path') }
    case 'patch_file':
      return { verb: 'changed', object: text('path') }
    case 'list_files':
      return { verb: 'listed', object: text('path') }
    case 'search_files':
      return { verb: 'searched for', object: text('text') }
    case 'ask_human':
      return { verb: 'asked', object: text('question') }
    case 'emit_signal':
      return { verb: 'noticed', object: text('title') }
    case 'finish':
      return { verb: 'finished', object: text('summary') }
    default:
      return { verb: 'called', object: call.name }
  }
}

/** The journal keeps `{ value, malformed }`: the arguments, or what was sent instead of valid JSON. */
export function inputOf(input: unknown): Record<string, unknown> {
  const stored = isRecord(input) ? input : {}
  if (typeof stored.malformed === 'string') return { 'not valid JSON': stored.malformed }
  return isRecord(stored.value) ? stored.value : stored
}

/** The exit code a command's output names, if it does. */
export function exitCodeOf(output: string | null): number | null {
  const match = /\bexit(?:ed)?(?: with)?(?: code)?[:=]?\s*(-?\d+)/i.exec(output?.slice(0, 400) ?? '')
  return match ? Number(match[1]) : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import type { EvidenceBlock } from '#server/scripted/rules/blocks'

const tapLine = /^\s*(not )?ok \d+ - \[(S\d+)\]([^\n]*)$/gm

/**
 * Statements that the evidence proves: by a passing tagged test in its TAP output or, when the output has no tagged
 * test or lacks its beginning, by a command that ended well and lists them. A failed or todo test of a statement outweighs the rest.
 */
export function provenBy(evidence: readonly EvidenceBlock[]): { proven: Set<string>; todo: Set<string> } {
  const proven = new Set<string>()
  const failed = new Set<string>()
  const todo = new Set(evidence.flatMap((item) => item.todo))
  for (const item of evidence) {
    const lines = [...item.output.matchAll(tapLine)]
    for (const [, notOk, ref = '', rest = ''] of lines) {
      if (/#\s*(todo|skip)/i.test(rest)) todo.add(ref)
      else if (notOk) failed.add(ref)
      else if (item.exitCode === 0) proven.add(ref)
    }
    // Long output arrives without its beginning; what the orchestrator read from the whole of it is then the source.
    const seenWhole = lines.length > 0 && /^TAP version/.test(item.output.trimStart())
    if (!seenWhole && item.exitCode === 0) for (const ref of item.proves) proven.add(ref)
  }
  for (const ref of [...failed, ...todo]) proven.delete(ref)
  return { proven, todo }
}

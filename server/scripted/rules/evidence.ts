import { countTags } from '#server/proofs/rules/test-report'
import type { EvidenceBlock } from '#server/scripted/rules/blocks'

/**
 * Statements that the evidence as a whole proves. What each execution proves was read by the orchestrator from its
 * whole output, of which a reviewer sees the end only; what failed or is open in that end outweighs a success elsewhere.
 */
export function provenBy(evidence: readonly EvidenceBlock[]): { proven: Set<string>; todo: Set<string> } {
  const proven = new Set<string>()
  const todo = new Set(evidence.flatMap((item) => item.todo))
  const failed = new Set<string>()
  for (const item of evidence) {
    const counts = countTags(item.output)
    const whole = item.output.startsWith('TAP version')
    for (const [ref, count] of counts) {
      if (count.failed > 0) failed.add(ref)
      else if (count.open > 0) todo.add(ref)
      else if (item.exitCode === 0) proven.add(ref)
    }
    if (item.exitCode === 0 && !(whole && counts.size > 0)) for (const ref of item.proves) proven.add(ref)
  }
  for (const ref of [...failed, ...todo]) proven.delete(ref)
  return { proven, todo }
}

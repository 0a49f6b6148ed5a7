import { countTags, provenBy as provenByOne } from '#server/proofs/rules/test-report'
import type { EvidenceBlock } from '#server/scripted/rules/blocks'

/**
 * Statements that the evidence as a whole proves, read as the orchestrator reads it. A failed or open test of a
 * statement in one execution outweighs a passing one in another.
 */
export function provenBy(evidence: readonly EvidenceBlock[]): { proven: Set<string>; todo: Set<string> } {
  const proven = new Set<string>()
  const todo = new Set(evidence.flatMap((item) => item.todo))
  const failed = new Set<string>()
  for (const item of evidence) {
    const one = provenByOne({ exitCode: item.exitCode, output: item.output, claims: item.proves })
    for (const ref of one.proves) proven.add(ref)
    for (const ref of one.todo) todo.add(ref)
    for (const [ref, count] of countTags(item.output)) if (count.failed > 0) failed.add(ref)
  }
  for (const ref of [...failed, ...todo]) proven.delete(ref)
  return { proven, todo }
}

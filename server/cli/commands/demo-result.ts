import { database } from '#server/platform/database/client'
import { type Colour, paint, say } from '../output'

const words: Record<string, [string, Colour]> = {
  proven: ['built and proven', 'green'],
  asked: ['asked', 'yellow'],
  not_built: ['not built', 'red'],
  open: ['open', 'dim'],
}

/** Characters of a statement in the table. */
const WIDTH = 72

function shorten(text: string, width: number): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length <= width ? line.padEnd(width) : `${line.slice(0, width - 1)}…`
}

/** The table of statements and the evidence of a requirement that has ended. */
export async function printResult(requirementId: string): Promise<void> {
  const requirement = await database().requirement.findUniqueOrThrow({
    where: { id: requirementId },
    include: { statements: { orderBy: { position: 'asc' } } },
  })
  const counted = requirement.statements.filter((statement) => statement.kind !== 'context')
  say()
  say(paint('bold', `R${requirement.number} ${requirement.title}: ${requirement.status.replace('_', ' ')}`))
  say(requirement.statusReason)
  say()
  for (const statement of counted) {
    const [word, colour] = words[statement.outcome] ?? [statement.outcome, 'dim']
    say(`${statement.ref.padEnd(5)} ${shorten(statement.text, WIDTH)}  ${paint(colour, word)}`)
    if (statement.outcome !== 'proven' && statement.outcomeReason) say(paint('dim', `      ${statement.outcomeReason}`))
  }
  await printEvidence(requirementId, requirement.finalCommit)
}

async function printEvidence(requirementId: string, commit: string | null): Promise<void> {
  const checks = await database().check.findMany({
    where: { task: { requirementId }, phase: 'final', commit: commit ?? '' },
    orderBy: { createdAt: 'asc' },
    include: { task: { select: { ref: true } } },
  })
  say()
  if (checks.length === 0) {
    say('Evidence    none: nothing was merged.')
    return
  }
  say(paint('bold', `Evidence, re-executed on the merged result (tree ${checks[0]?.treeHash.slice(0, 12)})`))
  for (const check of checks) {
    const end = check.passed ? paint('green', 'passed') : paint('red', `exit ${check.exitCode ?? 'none'}`)
    say(`${check.task.ref.padEnd(5)} ${end}  ${(check.durationMs / 1000).toFixed(1)} s  ${check.command}`)
  }
  say()
}

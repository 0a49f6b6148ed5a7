import type { Review } from '#server/runs/model'
import type { Conversation, Step } from '#server/scripted/model'
import { type Brief, briefsOf, type EvidenceBlock, type TaskBlock } from '#server/scripted/rules/blocks'
import { filesOfDiff, tricksIn } from '#server/scripted/rules/diff'
import { provenBy } from '#server/scripted/rules/evidence'
import { outside } from '#server/workspaces/rules/paths'

type Finding = Review['findings'][number]

/** Judges a diff by what can be checked without a model: commands, tagged tests, ownership, tests that prove nothing. */
export function reviewer(conversation: Conversation): Step {
  const brief = briefsOf(conversation).findLast((each) => each.purpose === 'review')
  const review = brief?.task ? judge(brief, brief.task) : nothingToJudge()
  return {
    thinking:
      '[scripted] I check exit codes, tagged tests, owned files and empty tests. I can not judge style or design.',
    text: JSON.stringify(review),
    calls: [],
    stop: 'end',
  }
}

function nothingToJudge(): Review {
  const finding = must('', '', 'The review was asked without a task, so nothing can be judged.')
  return { verdict: 'request_changes', summary: '[scripted] No task was given.', findings: [finding] }
}

function must(statement: string, path: string, text: string): Finding {
  return { severity: 'must', statement, path, text }
}

function judge(brief: Brief, task: TaskBlock): Review {
  const files = filesOfDiff(brief.diff.text)
  const findings: Finding[] = [
    ...commandFindings(brief.evidence, task),
    ...statementFindings(brief.evidence, task),
    ...outside(
      task.owns,
      files.map((file) => file.path),
    ).map((path) => must('', path, 'This file does not belong to the task.')),
    ...tricksIn(files).map(({ path, text }) => must('', path, `This test file ${text}.`)),
    ...(files.length === 0 ? [note('The diff is empty: nothing was changed.')] : []),
    ...(brief.diff.truncated ? [note('The diff was cut; only its beginning was checked.')] : []),
  ]
  const blocking = findings.filter((finding) => finding.severity === 'must').length
  const passed = brief.evidence.filter((item) => item.exitCode === 0).length
  const facts = `${passed} of ${brief.evidence.length} commands passed, ${files.length} files changed.`
  return {
    verdict: blocking === 0 ? 'approve' : 'request_changes',
    summary: `[scripted] ${facts} ${blocking === 0 ? 'Nothing speaks against it that rules can see.' : `${blocking} findings must be resolved.`}`,
    findings,
  }
}

function note(text: string): Finding {
  return { severity: 'note', statement: '', path: '', text }
}

function commandFindings(evidence: readonly EvidenceBlock[], task: TaskBlock): Finding[] {
  if (evidence.length === 0) return [must('', '', 'There is no evidence: no acceptance command was run.')]
  const ran = new Set(evidence.map((item) => item.acceptanceId))
  return [
    ...task.acceptance
      .filter((item) => !ran.has(item.id))
      .map((item) => must('', '', `The acceptance command ${item.id} was not run.`)),
    ...evidence
      .filter((item) => item.exitCode !== 0)
      .map((item) =>
        must(
          '',
          '',
          `\`${item.command}\` ended with exit code ${item.exitCode ?? 'unknown'}: ${item.output.slice(-500)}`,
        ),
      ),
  ]
}

/**
 * A task works on statements and promises to prove some of them; only a broken promise blocks. What a later task proves
 * is judged there and at the end on the merged whole, so here it is a note.
 */
function statementFindings(evidence: readonly EvidenceBlock[], task: TaskBlock): Finding[] {
  const { proven, todo } = provenBy(evidence)
  const promised = new Set(task.acceptance.flatMap((item) => item.proves))
  return [...new Set([...promised, ...task.statements])].flatMap((ref) => {
    if (proven.has(ref)) return []
    if (todo.has(ref)) return [{ ...note('Has only a todo test: not built, and nobody claims it is.'), statement: ref }]
    if (!promised.has(ref))
      return [{ ...note('Nothing in this task proves it, and the task does not promise to.'), statement: ref }]
    return [must(ref, '', `No passing test or command proves ${ref}.`)]
  })
}

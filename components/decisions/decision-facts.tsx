import { VisibleText } from '#components/runs/visible-text'
import { ScriptedBadge } from '#components/ui/badge'
import { TextLink } from '#components/ui/link'
import { DeniedPanel } from '#components/ui/page-state'
import { Time } from '#components/ui/time'
import type { DecisionView } from '#server/decisions/queries'
import { blockedInWords, roleToAnswer } from './decision-words'

const about: Record<string, string> = {
  plan_approval: 'Plan to approve',
  plan_failed: 'Planning is stuck',
  agent_question: 'An agent asks',
  no_agent: 'No agent fits',
  task_failed: 'A task is stuck',
  merge_conflict: 'Changes collide',
  risky_call: 'A risky step',
  budget_wall: 'The budget is used up',
  signal: 'Something was noticed',
  sandbox_missing: 'The sandbox is missing',
}

/** What kind of decision it is, in words. */
export function decisionAbout(kind: string): string {
  return about[kind] ?? kind.replaceAll('_', ' ')
}

/** Where a decision comes from: kind, waiting time, requirement and task. */
export function DecisionOrigin({ decision }: { decision: DecisionView }) {
  const base = `/projects/${decision.projectId}`
  return (
    <ul className="flex flex-wrap items-center gap-x-3 gap-y-1 text-table text-muted">
      <li className="font-medium text-text">{decisionAbout(decision.kind)}</li>
      {decision.status === 'open' && <li>{blockedInWords(decision)}</li>}
      <li>
        raised <Time value={decision.createdAt} />
      </li>
      {decision.requirementId && (
        <li>
          <TextLink
            href={`${base}/requirements/${decision.requirementId}`}
            className="inline-flex min-h-6 items-center wrap-anywhere"
          >
            <span>
              R{decision.requirementNumber} <VisibleText text={decision.requirementTitle ?? ''} />
            </span>
          </TextLink>
        </li>
      )}
      {decision.taskId && decision.taskRef && (
        <li>
          <TextLink
            href={`${base}/tasks/${decision.taskId}`}
            className="inline-flex min-h-6 items-center wrap-anywhere"
          >
            <span>
              {decision.taskRef} <VisibleText text={decision.taskTitle ?? ''} />
            </span>
          </TextLink>
        </li>
      )}
      {decision.providerMode === 'scripted' && (
        <li>
          <ScriptedBadge />
        </li>
      )}
    </ul>
  )
}

/** What was asked and why it matters. The question is the heading of wherever it stands. */
export function DecisionWhy({ decision }: { decision: DecisionView }) {
  if (!decision.why) return null
  return (
    <p className="max-w-measure text-reading whitespace-pre-wrap wrap-anywhere">
      <VisibleText text={decision.why} />
    </p>
  )
}

/** Why an open decision has no form for the one who looks, and who can answer. */
export function NotAsked({ decision, mayAnswer }: { decision: DecisionView; mayAnswer: boolean }) {
  const needed = roleToAnswer(decision)
  if (!mayAnswer || needed !== 'member') return <DeniedPanel what="Answering" needed={needed} />
  return <p className="text-body text-muted">This was put to somebody else; they or an admin can answer it.</p>
}

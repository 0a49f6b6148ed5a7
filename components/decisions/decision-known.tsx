import type { ComponentType, ReactNode } from 'react'
import { VisibleText } from '#components/runs/visible-text'
import { Badge } from '#components/ui/badge'
import { KeyValues } from '#components/ui/key-value'
import type { DecisionView } from '#server/decisions/queries'
import { labelOf, percentText, waitInWords } from './decision-words'

interface Known {
  decision: DecisionView
  /** How times are written: alive inside the frame, as plain text where no code is loaded for it. */
  When: ComponentType<{ value: Date }>
}

function Blocks({ decision }: { decision: DecisionView }) {
  const { blockedPlans } = decision
  const { tasks, refs } = decision.blocks
  if (tasks === 0 && blockedPlans > 0) {
    return <>{blockedPlans === 1 ? 'A plan that is not made yet' : `${blockedPlans} plans that are not made yet`}</>
  }
  if (tasks === 0) return <>No task waits for it.</>
  return (
    <>
      {tasks === 1 ? '1 task' : `${tasks} tasks`}
      {refs.length > 0 && ` (${refs.join(', ')}${tasks > refs.length ? ', …' : ''})`}
    </>
  )
}

function Default({ decision, When }: Known) {
  const { defaultOption, deadline, heldAt, heldBy } = decision
  if (!deadline) return <>It waits until somebody answers.</>
  const what = defaultOption ? `“${labelOf(decision, defaultOption)}”` : 'It expires'
  return (
    <>
      <VisibleText text={what} />{' '}
      {heldAt ? (
        <>
          – the clock was stopped by <VisibleText text={heldBy} />
        </>
      ) : (
        <When value={deadline} />
      )}
    </>
  )
}

/** What is known of a decision that waits: what stands still, what waiting costs, what happens by itself, who goes on. */
export function DecisionKnown({ decision, When }: Known) {
  const wait = waitInWords(decision)
  return (
    <KeyValues
      items={[
        ['Blocks', <Blocks key="blocks" decision={decision} />],
        ...(wait ? [['Waiting costs', wait] as [string, string]] : []),
        ['If nobody answers', <Default key="default" decision={decision} When={When} />],
        ...(decision.resumes
          ? [['Afterwards', <VisibleText key="resumes" text={decision.resumes} />] as [string, ReactNode]]
          : []),
        ...(decision.assigneeName
          ? [['Handed to', <VisibleText key="assignee" text={decision.assigneeName} />] as [string, ReactNode]]
          : []),
      ]}
    />
  )
}

/** What similar decisions ended with: the prediction, how sure it is, and the cases themselves. */
export function DecisionPrecedents(props: {
  decision: DecisionView
  /** Leads to each case; left out where the reader may not be signed in. */
  CaseLink?: ComponentType<{ href: string; className: string; children: ReactNode }>
}) {
  const { decision, CaseLink } = props
  const { prediction } = decision
  if (!prediction) return null
  const { option, confidence, cases, compared } = prediction
  return (
    <details className="rounded-lg border border-border bg-surface" data-precedents="">
      <summary className="target flex flex-wrap content-center items-center gap-2 px-4 py-1 text-body">
        <span>
          Similar decisions ended with{' '}
          <strong className="font-semibold">
            <VisibleText text={labelOf(decision, option)} />
          </strong>
        </span>
        <Badge tone={confidence >= 0.8 ? 'good' : 'neutral'}>{percentText(confidence)} sure</Badge>
      </summary>
      <div className="flex flex-col gap-2 border-t border-border px-4 py-3">
        <p className="text-table text-muted">
          Counted from the {cases.length} most similar of {compared} earlier answers of people; no model was asked.
        </p>
        <ul className="flex flex-col gap-2">
          {cases.map((past) => (
            <li key={past.decisionId} className="flex flex-col text-table">
              {CaseLink ? (
                <CaseLink
                  href={`/decisions/${past.decisionId}`}
                  className="inline-flex min-h-6 items-center wrap-anywhere"
                >
                  <VisibleText text={past.question} />
                </CaseLink>
              ) : (
                <span className="wrap-anywhere">
                  <VisibleText text={past.question} />
                </span>
              )}
              <span className="text-muted">
                <VisibleText text={past.answeredBy} />: <VisibleText text={labelOf(decision, past.option)} /> ·{' '}
                {percentText(past.similarity)} alike
              </span>
            </li>
          ))}
        </ul>
      </div>
    </details>
  )
}

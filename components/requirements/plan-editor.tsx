'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { errorText, useTRPC } from '#components/providers/trpc'
import { Button, IconButton } from '#components/ui/button'
import { ErrorPanel } from '#components/ui/page-state'
import type { Change, TaskChange } from '#server/planner/model'
import type { EditablePlan } from '#server/planner/queries'
import { ChangePreview } from './change-preview'
import { changeInWords, type FormOf, type PlanDraft, withChange } from './plan-draft'
import { PlanRows } from './plan-rows'
import { useAskBeforeLeaving } from './use-ask-before-leaving'
import { usePreview } from './use-preview'

const PlanTaskForm = dynamic(() => import('./plan-task-form').then((module) => module.PlanTaskForm), { ssr: false })

/** A list of tasks to change by keyboard or by hand. Nothing happens before it was previewed and applied. */
export function PlanEditor(props: { requirementId: string; plan: EditablePlan; editable: boolean }) {
  const { requirementId, plan, editable } = props
  const [draft, setDraft] = useState<PlanDraft>([])
  const [form, setForm] = useState<FormOf | null>(null)
  useAskBeforeLeaving(draft.length > 0)
  const add = (change: TaskChange) => {
    setDraft((before) => withChange(before, change))
    setForm(null)
  }
  return (
    <div className="grid gap-5 lg:grid-cols-[1fr_24rem]">
      <section aria-labelledby="tasks" className="flex min-w-0 flex-col gap-3">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <h2 id="tasks" className="text-lead font-semibold">
            Tasks
          </h2>
          {editable && (
            <Button onClick={() => setForm({ kind: 'add' })}>
              <Plus aria-hidden /> Add a task
            </Button>
          )}
        </div>
        {editable && (
          <p className="text-table text-muted max-md:hidden">
            Arrow keys choose a task, Alt with an arrow moves it. <Key>e</Key> edit, <Key>d</Key> remove, <Key>o</Key>{' '}
            leave out, <Key>s</Key> split, <Key>r</Key> retry, <Key>n</Key> add.
          </p>
        )}
        <PlanRows plan={plan} draft={draft} editable={editable} onChange={add} onForm={setForm} />
        {form && (
          <PlanTaskForm key={JSON.stringify(form)} plan={plan} form={form} onDone={add} onClose={() => setForm(null)} />
        )}
      </section>
      {editable && <DraftPanel requirementId={requirementId} plan={plan} draft={draft} onDraft={setDraft} />}
    </div>
  )
}

function Key({ children }: { children: string }) {
  return <kbd className="rounded-sm border border-border-strong bg-sunken px-1 font-mono text-code">{children}</kbd>
}

/** The draft with its preview: what would happen, and the button that does it. */
function DraftPanel(props: {
  requirementId: string
  plan: EditablePlan
  draft: PlanDraft
  onDraft: (draft: PlanDraft) => void
}) {
  const { requirementId, plan, draft, onDraft } = props
  const trpc = useTRPC()
  const queries = useQueryClient()
  const change: Change | null = draft.length === 0 ? null : { kind: 'revise', changes: [...draft] }
  const preview = usePreview(requirementId, change)
  const apply = useMutation(
    trpc.requirements.revise.mutationOptions({
      onSuccess: () => onDraft([]),
      onSettled: () => queries.invalidateQueries(),
    }),
  )
  const stale = preview.data && preview.data.revision !== plan.revision
  return (
    <section
      aria-labelledby="draft"
      className="flex flex-col gap-3 self-start rounded-lg border border-border bg-surface p-4 lg:sticky lg:top-4"
    >
      <h2 id="draft" className="text-lead font-semibold">
        Your changes
      </h2>
      {draft.length === 0 ? (
        <p className="text-body text-muted">
          None yet. What you change is collected here with its effect; agents go on meanwhile.
        </p>
      ) : (
        <ul className="flex flex-col divide-y divide-border">
          {draft.map((one, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two new tasks may have the same title
            <li key={`${index}-${changeInWords(one)}`} className="flex items-center justify-between gap-2">
              <span className="text-body wrap-anywhere">{changeInWords(one)}</span>
              <IconButton
                label={`Drop: ${changeInWords(one)}`}
                onClick={() => onDraft(draft.filter((_, other) => other !== index))}
              >
                <X aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      {change && (
        <>
          <section aria-label="Preview" aria-live="polite">
            {preview.isError ? (
              <ErrorPanel title="This is not possible." detail={errorText(preview.error)} />
            ) : (
              preview.data && <ChangePreview preview={preview.data} />
            )}
          </section>
          {stale && (
            <p className="text-table text-muted">The plan has changed meanwhile; the preview is made anew for it.</p>
          )}
          {apply.error && <ErrorPanel title="Nothing was changed." detail={errorText(apply.error)} />}
          <div className="flex flex-wrap gap-2">
            <Button
              variant="primary"
              busy={apply.isPending}
              disabled={preview.isError || !preview.data || preview.isPlaceholderData}
              onClick={() =>
                apply.mutate({
                  requirementId,
                  changes: [...draft],
                  expectedRevision: preview.data?.revision ?? undefined,
                })
              }
            >
              Apply
            </Button>
            <Button onClick={() => onDraft([])}>Discard</Button>
          </div>
        </>
      )}
    </section>
  )
}

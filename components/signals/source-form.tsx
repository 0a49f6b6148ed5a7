'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { CopyButton } from '#components/ui/copy-button'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { KeyValues } from '#components/ui/key-value'
import { ErrorPanel } from '#components/ui/page-state'
import { Select } from '#components/ui/select'
import type { SourceKind } from '#server/signals/model'
import { SourceGuide, sourceNames } from './source-guide'

interface Shown {
  kind: SourceKind
  path: string
  secret: string
}

/** Address and secret, this once: afterwards neither can be read, only replaced. */
export function SourceSecrets({ kind, path, secret, onDone }: Shown & { onDone: () => void }) {
  const url = `${window.location.origin}${path}`
  return (
    <section
      aria-label="Address and secret of the new source"
      className="flex flex-col gap-3 rounded-lg border border-succeeded-solid bg-surface px-4 py-3"
    >
      <h2 className="text-body font-semibold">Copy both now. They are shown only once.</h2>
      <KeyValues
        items={[
          ['Address', <Copyable key="address" text={url} what="address" />],
          ['Secret', <Copyable key="secret" text={secret} what="secret" />],
        ]}
      />
      <SourceGuide kind={kind} url={url} secret={secret} />
      <Button onClick={onDone} className="self-start">
        I have copied them
      </Button>
    </section>
  )
}

function Copyable({ text, what }: { text: string; what: string }) {
  return (
    <span className="flex items-start gap-1">
      <code className="font-mono text-code wrap-anywhere">{text}</code>
      <CopyButton text={text} what={what} />
    </span>
  )
}

const mappingFields = [
  ['title', 'Title', 'alert.name'],
  ['detail', 'Detail', 'alert.description'],
  ['url', 'Link', 'links.0.href'],
  ['severity', 'Severity', 'alert.level'],
  ['status', 'Status', 'alert.state'],
  ['subject', 'Same thing', 'alert.id'],
] as const

function MappingFields() {
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1 text-body font-medium">
        Mapping <span className="font-normal text-subtle">(optional)</span>
      </legend>
      <p className="text-table text-muted">
        Where each field lies in the JSON: names and numbers joined by dots. Left empty, usual names are looked for.
      </p>
      <div className="grid gap-3 sm:grid-cols-2">
        {mappingFields.map(([name, label, example]) => (
          <Field key={name} id={`mapping-${name}`} label={label}>
            {(control) => (
              <Input {...control} name={`mapping-${name}`} maxLength={200} placeholder={example} autoComplete="off" />
            )}
          </Field>
        ))}
        <Field id="mapping-kind" label="They are all">
          {(control) => (
            <Select {...control} name="mapping-kind">
              <option value="">as their severity says</option>
              <option value="quality_issue">quality issues</option>
              <option value="requirement">requirements</option>
              <option value="decision_needed">decisions needed</option>
              <option value="integration">integration news</option>
              <option value="innovation">innovations</option>
            </Select>
          )}
        </Field>
      </div>
    </fieldset>
  )
}

/** Adds a tool that may tell the project things. */
export function SourceForm({ projectId }: { projectId: string }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const [kind, setKind] = useState<SourceKind>('github')
  const [shown, setShown] = useState<Shown>()
  const add = useMutation(
    trpc.signals.addSource.mutationOptions({
      onSuccess: async ({ path, secret }) => {
        setShown({ kind, path, secret })
        form.current?.reset()
        await queries.invalidateQueries({ queryKey: trpc.signals.pathKey() })
      },
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    const text = (name: string) => String(values.get(name) ?? '').trim()
    const at = (name: string) => text(`mapping-${name}`)
    const mapping = {
      ...{ title: at('title'), detail: at('detail'), url: at('url'), severity: at('severity') },
      ...{ status: at('status'), subject: at('subject'), kind: at('kind') as 'requirement' },
    }
    add.mutate({
      projectId,
      kind,
      label: text('label') || sourceNames[kind],
      ...(text('secret') ? { secret: text('secret') } : {}),
      ownAccounts: text('ownAccounts')
        .split(/[\s,]+/)
        .filter(Boolean),
      ...(kind === 'generic' ? { mapping } : {}),
    })
  }
  if (shown) return <SourceSecrets {...shown} onDone={() => setShown(undefined)} />
  return (
    <form ref={form} onSubmit={onSubmit} className="flex flex-col gap-4">
      {add.error && <ErrorPanel title={errorText(add.error)} errorId={errorIdOf(add.error)} />}
      <div className="grid gap-4 sm:grid-cols-2">
        <Field id="source-kind" label="Tool">
          {(control) => (
            <Select {...control} value={kind} onChange={(event) => setKind(event.target.value as SourceKind)}>
              {Object.entries(sourceNames).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field id="source-label" label="Name" optional>
          {(control) => (
            <Input {...control} name="label" maxLength={80} placeholder={sourceNames[kind]} autoComplete="off" />
          )}
        </Field>
      </div>
      <Field
        id="source-secret"
        label="Secret"
        optional
        hint="Only when the tool makes it, as Sentry does. Without one, we make it."
      >
        {(control) => (
          <Input {...control} name="secret" type="password" minLength={12} maxLength={500} autoComplete="off" />
        )}
      </Field>
      {(kind === 'github' || kind === 'gitlab') && (
        <Field
          id="source-own"
          label="Our own accounts there"
          optional
          hint="What these accounts say and do wakes nobody, so that agents never answer themselves; a build that fails does."
        >
          {(control) => (
            <Input {...control} name="ownAccounts" maxLength={500} placeholder="acme-bot" autoComplete="off" />
          )}
        </Field>
      )}
      {kind === 'generic' && <MappingFields />}
      <Button type="submit" variant="primary" busy={add.isPending} className="self-start">
        Add source
      </Button>
    </form>
  )
}

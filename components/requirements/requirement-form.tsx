'use client'

import { useMutation } from '@tanstack/react-query'
import { Upload } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { type ChangeEvent, type FormEvent, type KeyboardEvent, useRef, useState } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import { Textarea } from '#components/ui/textarea'
import { megabytes, readRequirementFile, textProblem } from './requirement-text'

const example = `For example:

# Task board
- A task has a title and is open or done.
- People can add, list, finish and delete tasks over HTTP.
- Deleting a task that does not exist answers 404.`

/** Sent with each try of the same text, so that a lost answer never makes two requirements. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('')
}

function FileButton({ onFile }: { onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const onChange = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0]
    event.target.value = ''
    if (file) onFile(file)
  }
  return (
    <>
      <Button onClick={() => input.current?.click()}>
        <Upload aria-hidden />
        Choose a file
      </Button>
      <input
        ref={input}
        type="file"
        accept=".md,.markdown,.txt,text/plain,text/markdown"
        aria-label="File with the requirement"
        tabIndex={-1}
        className="sr-only"
        onChange={onChange}
      />
    </>
  )
}

interface TextBoxProps {
  text: string
  problem?: string
  maxBytes: number
  onChange: (text: string) => void
  onSend: () => void
}

function TextBox({ text, problem, maxBytes, onChange, onSend }: TextBoxProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) onSend()
  }
  return (
    <Field
      id="text"
      label="What should be built?"
      hint={`Plain words or Markdown, at most ${megabytes(maxBytes)}. Each sentence that asks for something becomes a statement that must be proven.`}
      error={problem}
    >
      {(control) => (
        <Textarea
          {...control}
          name="text"
          rows={16}
          value={text}
          placeholder={example}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={onKeyDown}
          className="text-reading"
        />
      )}
    </Field>
  )
}

/** One big box for what a person wants; a file fills it. Nothing typed is lost when sending fails. */
export function RequirementForm({ projectId, maxBytes }: { projectId: string; maxBytes: number }) {
  const trpc = useTRPC()
  const router = useRouter()
  const form = useRef<HTMLFormElement>(null)
  const key = useRef<string>(undefined)
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<string>()
  const submit = useMutation(
    trpc.requirements.submit.mutationOptions({
      onSuccess: ({ id }) => router.push(`/projects/${projectId}/requirements/${id}`),
    }),
  )
  const change = (next: string) => {
    setText(next)
    setProblem(undefined)
    key.current = undefined
  }
  const onFile = async (file: File) => {
    const read = await readRequirementFile(file, maxBytes)
    if ('text' in read) change(read.text)
    else setProblem(read.problem)
  }
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const found = textProblem(text, maxBytes)
    setProblem(found ?? undefined)
    if (found || submit.isPending || submit.isSuccess) return
    key.current ??= newKey()
    const title = String(new FormData(event.currentTarget).get('title') ?? '').trim()
    submit.mutate({ projectId, text, title: title || undefined, idempotencyKey: key.current })
  }
  return (
    <form ref={form} onSubmit={onSubmit} className="flex flex-col gap-5" noValidate>
      {submit.error && <ErrorPanel title={errorText(submit.error)} errorId={errorIdOf(submit.error)} />}
      <TextBox
        text={text}
        problem={problem}
        maxBytes={maxBytes}
        onChange={change}
        onSend={() => form.current?.requestSubmit()}
      />
      <Field id="title" label="Title" optional hint="Otherwise the first heading or line.">
        {(control) => <Input {...control} name="title" maxLength={200} autoComplete="off" />}
      </Field>
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" variant="primary" size="large" busy={submit.isPending || submit.isSuccess}>
          Create plan
        </Button>
        <FileButton onFile={onFile} />
        <span className="text-table text-muted max-md:hidden">
          <kbd className="font-mono">Ctrl</kbd> or <kbd className="font-mono">⌘</kbd> +{' '}
          <kbd className="font-mono">Enter</kbd>
        </span>
      </div>
    </form>
  )
}

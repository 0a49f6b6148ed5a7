'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useRef, useState } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Checkbox, Radio } from '#components/ui/choice'
import { Field, FieldGroup } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import { Select } from '#components/ui/select'
import { toast } from '#components/ui/toast'
import type { Topic } from '#server/notifications/model'

export interface ProjectChoice {
  id: string
  name: string
}

export function ProjectField({
  id,
  projects,
  value,
}: {
  id: string
  projects: ProjectChoice[]
  value?: string | null
}) {
  return (
    <Field id={id} label="Projects">
      {(control) => (
        <Select {...control} name="projectId" defaultValue={value ?? ''}>
          <option value="">All projects</option>
          {projects.map((project) => (
            <option key={project.id} value={project.id}>
              {project.name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}

function BotFields() {
  return (
    <>
      <Field
        id="slack-token"
        label="Bot token"
        hint="OAuth & Permissions, “Bot User OAuth Token”. Needs the scope chat:write."
      >
        {(control) => <Input {...control} name="botToken" type="password" required autoComplete="off" />}
      </Field>
      <Field id="slack-secret" label="Signing secret" hint="Basic Information, “App Credentials”.">
        {(control) => <Input {...control} name="signingSecret" type="password" required autoComplete="off" />}
      </Field>
      <Field
        id="slack-channel"
        label="Channel ID"
        hint="Such as C0123456789: channel details, at the bottom. Invite the bot there."
      >
        {(control) => <Input {...control} name="slackChannel" required autoComplete="off" />}
      </Field>
    </>
  )
}

/** Connects a channel in Slack: one way by an incoming webhook, or with buttons by a bot. */
export function SlackForm(props: {
  projects: ProjectChoice[]
  topics: { name: Topic; label: string }[]
  address: string
}) {
  const { projects, topics, address } = props
  const trpc = useTRPC()
  const router = useRouter()
  const [mode, setMode] = useState<'bot' | 'webhook'>('bot')
  const form = useRef<HTMLFormElement>(null)
  const connect = useMutation(
    trpc.integrations.slack.connect.mutationOptions({
      onSuccess: () => {
        form.current?.reset()
        setMode('bot')
        toast({ kind: 'success', text: 'Slack is connected. Send a test to see a message there.' })
        router.refresh()
      },
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const text = (name: string) => String(given.get(name) ?? '')
    const common = {
      name: text('name'),
      projectId: text('projectId') || null,
      topics: given.getAll('topic').map(String) as Topic[],
    }
    if (mode === 'webhook') connect.mutate({ ...common, mode, webhookUrl: text('webhookUrl') })
    else {
      const [botToken, signingSecret, slackChannel] = [text('botToken'), text('signingSecret'), text('slackChannel')]
      connect.mutate({ ...common, mode, botToken, signingSecret, slackChannel })
    }
  }
  return (
    <form ref={form} onSubmit={onSubmit} className="flex flex-col gap-4">
      <FieldGroup legend="How" className="wrap-anywhere">
        <Radio
          name="mode"
          checked={mode === 'bot'}
          onChange={() => setMode('bot')}
          label="A bot, with buttons"
          hint={`Decisions are answered in Slack, and messages change when they are. Set the app’s Interactivity request URL to ${address}/api/slack/interactions.`}
        />
        <Radio
          name="mode"
          checked={mode === 'webhook'}
          onChange={() => setMode('webhook')}
          label="An incoming webhook, one way"
          hint="Messages with a link to the decision. They do not change afterwards."
        />
      </FieldGroup>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field id="slack-name" label="Name" hint="What you call this channel.">
          {(control) => <Input {...control} name="name" required maxLength={80} autoComplete="off" />}
        </Field>
        <ProjectField id="slack-project" projects={projects} />
        {mode === 'bot' ? (
          <BotFields />
        ) : (
          <Field id="slack-url" label="Address of the webhook" hint="It begins with https://hooks.slack.com/services/.">
            {(control) => <Input {...control} name="webhookUrl" type="password" required autoComplete="off" />}
          </Field>
        )}
      </div>
      <FieldGroup legend="Post there">
        <div className="grid sm:grid-cols-2">
          {topics.map((topic) => (
            <Checkbox
              key={topic.name}
              name="topic"
              value={topic.name}
              label={topic.label}
              defaultChecked={topic.name === 'decision_needed'}
            />
          ))}
        </div>
      </FieldGroup>
      {connect.error && <ErrorPanel title={errorText(connect.error)} errorId={errorIdOf(connect.error)} />}
      <Button type="submit" variant="primary" busy={connect.isPending} className="self-start">
        Connect Slack
      </Button>
    </form>
  )
}

'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Checkbox } from '#components/ui/choice'
import { Dialog } from '#components/ui/dialog'
import { Field, FieldGroup } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import { Select } from '#components/ui/select'
import { Textarea } from '#components/ui/textarea'
import type { AgentRole, Capability, ConnectorName, Provider } from '#server/agents/model'
import type { AgentLine } from '#server/scheduler/queries'

const capabilities: Record<Capability, string> = {
  analysis: 'Analysis and planning',
  code: 'Code',
  validation: 'Validation and review',
  reasoning: 'Hard reasoning',
  integration: 'Deployment and CI',
}

/** Wire and key family belong together; only these pairs work. */
const connections: { value: string; connector: ConnectorName; provider: Provider; label: string }[] = [
  { value: 'anthropic', connector: 'anthropic', provider: 'anthropic', label: 'Anthropic (Messages)' },
  { value: 'openai', connector: 'openai', provider: 'openai', label: 'OpenAI (Responses)' },
  { value: 'deepseek', connector: 'compatible', provider: 'deepseek', label: 'DeepSeek (Chat Completions)' },
  {
    value: 'compatible',
    connector: 'compatible',
    provider: 'compatible',
    label: 'OpenAI-compatible: Ollama, LM Studio, vLLM',
  },
]

const roles: Record<AgentRole, string> = {
  analyst: 'Analyst',
  implementer: 'Implementer',
  validator: 'Validator',
  integrator: 'Integrator',
  reasoner: 'Reasoner',
  custom: 'Other',
}

function valuesOf(form: FormData) {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const connection = connections.find((entry) => entry.value === text('connection')) ?? connections[0]
  return {
    name: text('name'),
    role: (text('role') || 'custom') as AgentRole,
    capabilities: form.getAll('capability').map(String) as Capability[],
    connector: connection?.connector ?? 'anthropic',
    provider: connection?.provider ?? 'anthropic',
    model: text('model'),
    baseUrl: text('baseUrl') || null,
    instructions: text('instructions'),
    maxConcurrent: Number(text('maxConcurrent')),
    maxTurns: Number(text('maxTurns')),
    maxToolCalls: Number(text('maxToolCalls')),
    maxMinutes: Number(text('maxMinutes')),
    maxOutputTokens: Number(text('maxOutputTokens')),
  }
}

interface NumberFieldProps {
  name: string
  label: string
  value: number
  min: number
  max: number
}

function NumberField({ name, label, value, min, max }: NumberFieldProps) {
  return (
    <Field id={`agent-${name}`} label={label}>
      {(control) => <Input {...control} name={name} type="number" min={min} max={max} required defaultValue={value} />}
    </Field>
  )
}

function ModelFields({ agent }: { agent?: AgentLine }) {
  return (
    <>
      <Field id="agent-connection" label="Provider">
        {(control) => (
          <Select {...control} name="connection" defaultValue={agent?.provider ?? 'anthropic'}>
            {connections.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field id="agent-model" label="Model" hint="As the provider calls it. Scripted projects use their own.">
        {(control) => <Input {...control} name="model" required maxLength={120} defaultValue={agent?.model} />}
      </Field>
      <Field id="agent-base-url" label="Address" optional hint="Only for a server of your own or a gateway.">
        {(control) => (
          <Input {...control} name="baseUrl" type="url" placeholder="https://" defaultValue={agent?.baseUrl ?? ''} />
        )}
      </Field>
    </>
  )
}

function WorkFields({ agent }: { agent?: AgentLine }) {
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field id="agent-name" label="Name">
          {(control) => <Input {...control} name="name" required maxLength={60} defaultValue={agent?.name} />}
        </Field>
        <Field id="agent-role" label="Role">
          {(control) => (
            <Select {...control} name="role" defaultValue={agent?.role ?? 'custom'}>
              {Object.entries(roles).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <FieldGroup legend="Can do" hint="A task goes to an agent that can do what the task needs.">
        <div className="grid sm:grid-cols-2">
          {Object.entries(capabilities).map(([value, label]) => (
            <Checkbox
              key={value}
              name="capability"
              value={value}
              label={label}
              defaultChecked={agent?.capabilities.includes(value as Capability)}
            />
          ))}
        </div>
      </FieldGroup>
    </>
  )
}

function Limits({ agent }: { agent?: AgentLine }) {
  const { maxConcurrent = 4, maxTurns = 40, maxOutputTokens = 16_000 } = agent ?? {}
  const { maxToolCalls = 400, maxMinutes = 120 } = agent ?? {}
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      <NumberField name="maxConcurrent" label="Runs at once" value={maxConcurrent} min={1} max={64} />
      <NumberField name="maxTurns" label="Turns per run" value={maxTurns} min={1} max={500} />
      <NumberField name="maxToolCalls" label="Tool calls per run" value={maxToolCalls} min={1} max={5_000} />
      <NumberField name="maxMinutes" label="Minutes per run" value={maxMinutes} min={1} max={1_440} />
      <NumberField name="maxOutputTokens" label="Tokens per answer" value={maxOutputTokens} min={256} max={200_000} />
    </div>
  )
}

/** An agent is a row: this makes or changes one. `onDone` is called after the server took it. */
function AgentForm({ agent, onDone }: { agent?: AgentLine; onDone: (name: string) => void }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const done = {
    onSuccess: async ({ name }: { name: string }) => {
      await queries.invalidateQueries(trpc.overview.agents.queryFilter())
      onDone(name)
    },
  }
  const create = useMutation(trpc.agents.create.mutationOptions(done))
  const change = useMutation(trpc.agents.change.mutationOptions(done))
  const error = create.error ?? change.error
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const values = valuesOf(new FormData(event.currentTarget))
    if (agent) change.mutate({ agentId: agent.id, ...values })
    else create.mutate(values)
  }
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {error && <ErrorPanel title={errorText(error)} errorId={errorIdOf(error)} />}
      <WorkFields agent={agent} />
      <ModelFields agent={agent} />
      <Field id="agent-instructions" label="Instructions" optional>
        {(control) => (
          <Textarea {...control} name="instructions" rows={5} maxLength={20_000} defaultValue={agent?.instructions} />
        )}
      </Field>
      <Limits agent={agent} />
      <Button type="submit" variant="primary" busy={create.isPending || change.isPending} className="self-end">
        {agent ? 'Save' : 'Add agent'}
      </Button>
    </form>
  )
}

/** The form over the list of agents. */
export function AgentDialog(props: { agent?: AgentLine; onDone: (name: string) => void; onClose: () => void }) {
  const { agent, onDone, onClose } = props
  return (
    <Dialog
      wide
      onClose={onClose}
      title={agent ? `Edit ${agent.name}` : 'Add agent'}
      description="Runs that have begun keep the settings they began with."
    >
      <AgentForm agent={agent} onDone={onDone} />
    </Dialog>
  )
}

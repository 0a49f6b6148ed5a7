'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useMay } from '#components/providers/permissions'
import { errorText, useTRPC } from '#components/providers/trpc'
import { Badge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { KeyValues } from '#components/ui/key-value'
import { DeniedPanel } from '#components/ui/page-state'
import { Status } from '#components/ui/status'
import { toast } from '#components/ui/toast'
import type { AgentLine } from '#server/scheduler/queries'

const AgentDialog = dynamic(() => import('./agent-form').then((module) => module.AgentDialog), { ssr: false })

const providers: Record<AgentLine['provider'], string> = {
  anthropic: 'Anthropic',
  openai: 'OpenAI',
  deepseek: 'DeepSeek',
  compatible: 'OpenAI-compatible',
}

function Price({ price }: { price: AgentLine['price'] }) {
  if (!price) return <span className="text-muted">unpriced: no price is known for this model</span>
  return (
    <span className="number" title={`${price.source} (checked ${price.checkedOn})`}>
      ${price.input} in, ${price.output} out per million tokens
    </span>
  )
}

function EnableButton({ agent }: { agent: AgentLine }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const settled = {
    onSuccess: () => queries.invalidateQueries(trpc.overview.agents.queryFilter()),
    onError: (error: unknown) => toast({ kind: 'error', text: errorText(error) }),
  }
  const enable = useMutation(trpc.agents.enable.mutationOptions(settled))
  const disable = useMutation(trpc.agents.disable.mutationOptions(settled))
  const flip = agent.enabled ? disable : enable
  return (
    <Button size="small" busy={flip.isPending} onClick={() => flip.mutate({ agentId: agent.id })}>
      {agent.enabled ? 'Disable' : 'Enable'}
      <span className="sr-only"> {agent.name}</span>
    </Button>
  )
}

function AgentCard({ agent, onEdit }: { agent: AgentLine; onEdit?: () => void }) {
  const heading = `agent-${agent.id}`
  return (
    <Card aria-labelledby={heading}>
      <CardHeader
        id={heading}
        title={agent.name}
        note={
          !agent.enabled ? (
            <Status kind="paused">Disabled: gets no new tasks</Status>
          ) : agent.runningNow > 0 ? (
            <Status kind="running">
              {agent.runningNow} of {agent.maxConcurrent} runs
            </Status>
          ) : (
            <Status kind="queued">Free</Status>
          )
        }
        actions={
          onEdit && (
            <>
              <Button size="small" onClick={onEdit}>
                Edit<span className="sr-only"> {agent.name}</span>
              </Button>
              <EnableButton agent={agent} />
            </>
          )
        }
      />
      <CardBody>
        <KeyValues
          items={[
            [
              'Can do',
              <span key="capabilities" className="flex flex-wrap gap-1">
                {agent.capabilities.map((name) => (
                  <Badge key={name}>{name}</Badge>
                ))}
              </span>,
            ],
            ['Provider', providers[agent.provider]],
            [
              'Model',
              <code key="model" className="font-mono text-code wrap-anywhere">
                {agent.model}
              </code>,
            ],
            ['Price', <Price key="price" price={agent.price} />],
            [
              'Limits',
              `${agent.maxConcurrent} at once, ${agent.maxTurns} turns, ${agent.maxToolCalls} tool calls, ${agent.maxMinutes} minutes per run`,
            ],
          ]}
        />
      </CardBody>
    </Card>
  )
}

type Editing = { open: false } | { open: true; agent?: AgentLine }

/** All agents with load and price, kept live; admins change them in place. */
export function AgentList({ initial }: { initial: AgentLine[] }) {
  const trpc = useTRPC()
  const mayChange = useMay('agent.change')
  const [editing, setEditing] = useState<Editing>({ open: false })
  const { data } = useQuery(trpc.overview.agents.queryOptions(undefined, { initialData: initial }))
  const onDone = (name: string) => {
    setEditing({ open: false })
    toast({ kind: 'success', text: `${name} saved` })
  }
  return (
    <>
      {mayChange ? (
        <Button className="self-start" onClick={() => setEditing({ open: true })}>
          Add agent
        </Button>
      ) : (
        <DeniedPanel what="Changing agents" needed="admin" />
      )}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        {data.map((line) => (
          <AgentCard
            key={line.id}
            agent={line}
            onEdit={mayChange ? () => setEditing({ open: true, agent: line }) : undefined}
          />
        ))}
      </div>
      {editing.open && (
        <AgentDialog agent={editing.agent} onDone={onDone} onClose={() => setEditing({ open: false })} />
      )}
    </>
  )
}

'use client'

import { useQuery } from '@tanstack/react-query'
import { useTRPC } from '#components/providers/trpc'
import { Badge, ScriptedBadge } from '#components/ui/badge'
import { TextLink } from '#components/ui/link'
import type { Dimension } from '#server/budgets/model'
import type { BudgetPart, BudgetView } from '#server/budgets/queries'

const names: Record<Dimension, string> = { money: 'Money', tokens: 'Tokens', time: 'Time' }

/** From this share of a limit on, people should know that the wall is near. */
const NEAR = 0.8

function Used({ part }: { part: BudgetPart }) {
  if (part.limit === null) return null
  const used = part.limit === 0 ? 1 : (part.spent + part.reserved) / part.limit
  if (used < NEAR) return null
  return (
    <Badge tone={used < 1 ? 'attention' : 'bad'}>{used < 1 ? `${Math.floor(used * 100)} % used` : 'used up'}</Badge>
  )
}

/** Of one kind: what is spent, reserved and allowed. Scripted work has no money, which is not the same as 0. */
function Part(props: { part: BudgetPart; scripted: boolean; limited: boolean }) {
  const { part, scripted, limited } = props
  const used =
    part.dimension === 'money' && part.spentWords === 'n/a'
      ? scripted
        ? 'none: scripted, no model is paid'
        : 'nothing priced yet'
      : `${part.spentWords} spent, ${part.reservedWords} reserved`
  return (
    <>
      <dt className="text-muted">{names[part.dimension]}</dt>
      <dd className="number flex min-w-0 flex-wrap items-center gap-x-1.5">
        {used}
        {limited && ` · ${part.limit === null ? 'no limit' : `limit ${part.limitWords}`}`} <Used part={part} />
      </dd>
    </>
  )
}

/**
 * The budget of a requirement or a task at a glance. The same answer as the budget's panel has, so both show the same
 * numbers and nothing is asked twice.
 * @param href where it is shown in full and changed
 */
export function BudgetState(props: { initial: BudgetView; scripted: boolean; href: string }) {
  const { initial, scripted, href } = props
  const trpc = useTRPC()
  const { level, ownerId } = initial
  const budget = useQuery(trpc.budgets.of.queryOptions({ level, ownerId }, { initialData: initial })).data
  const limited = budget.parts.some((part) => part.limit !== null)
  return (
    <section
      aria-label="Budget at a glance"
      className="flex flex-col gap-1 rounded-lg border border-border bg-surface px-4 py-3"
    >
      <h2 className="flex flex-wrap items-center gap-x-2 text-body font-medium">
        {limited ? 'Budget' : 'Budget: no limit of its own'} {scripted && <ScriptedBadge />}
        <TextLink href={href} className="ml-auto inline-flex min-h-6 items-center text-table font-normal">
          {level === 'task' ? 'Budget in full' : 'Cost and budget'}
        </TextLink>
      </h2>
      <dl className="grid grid-cols-[max-content_1fr] gap-x-3 gap-y-0.5 text-table">
        {budget.parts.map((part) => (
          <Part key={part.dimension} part={part} scripted={scripted} limited={limited} />
        ))}
      </dl>
    </section>
  )
}

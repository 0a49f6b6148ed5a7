import { Bot, Hourglass, type LucideIcon, UserRound, UsersRound, Workflow } from 'lucide-react'
import { VisibleText } from '#components/runs/visible-text'
import { classNames } from '#components/ui/class-names'
import { ClockTime, Time } from '#components/ui/time'
import { inSentence } from '#server/tasks/model'
import type { NextActor } from '#server/tasks/queries'

const icons: Record<string, LucideIcon> = {
  agent: Bot,
  system: Workflow,
  timer: Hourglass,
  person: UserRound,
  group: UsersRound,
}

/** True when people are waited for: theirs is the colour that asks. */
const asksPeople = (kind: string) => kind === 'person' || kind === 'group'

/** "Waiting for Ana", "Implementer is at work": the one who has the next move, as people say it. */
function Actor({ next }: { next: NextActor }) {
  const name = <VisibleText text={inSentence(next.name)} />
  if (asksPeople(next.kind)) return <>Waiting for {name}</>
  if (next.kind === 'timer') return <>Waiting for its time</>
  return next.kind === 'agent' ? <>{name} is at work</> : <>Next: {name},</>
}

/** What happens at the deadline, before the time itself. People are reminded; what else happens then is in the reason. */
const atDeadline = (kind: string) => (kind === 'timer' ? 'goes on at the latest' : 'looked after again')

/** Who acts next, why, since when, and when somebody steps in at the latest. Nothing when nobody has to. */
export function NextActorPanel({ next, what }: { next: NextActor | null; what: string }) {
  if (!next) return null
  const Icon = icons[next.kind] ?? Workflow
  return (
    <section
      aria-label={`Who acts next on ${what}`}
      className={classNames(
        'flex flex-1 items-start gap-3 rounded-lg border px-4 py-3',
        asksPeople(next.kind)
          ? 'border-needs-you-solid bg-needs-you-soft text-needs-you-fg'
          : 'border-border bg-surface text-text',
      )}
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="flex min-w-0 flex-col gap-0.5">
        <p className="max-w-measure text-body font-medium wrap-anywhere">
          <VisibleText text={next.reason} />
        </p>
        <p className={classNames('text-table', !asksPeople(next.kind) && 'text-muted')}>
          <Actor next={next} /> since <ClockTime value={next.since} /> · {atDeadline(next.kind)}{' '}
          <Time value={next.deadline} />
        </p>
      </div>
    </section>
  )
}

/** The same in one line, for rows and boxes. */
export function NextActorLine({ next }: { next: NextActor }) {
  return (
    <span className="block max-w-80 text-meta text-muted">
      <VisibleText text={next.reason} />{' '}
      <span className="whitespace-nowrap">
        (since <Time value={next.since} />)
      </span>
    </span>
  )
}

import { type Impact, impacts, type SignalKind, type Urgency, urgencies } from '../model'
import type { Classification } from './classify'

/** What is known of a signal that was reported before, when it is reported once more. */
export interface Earlier {
  status: 'open' | 'closed' | 'muted'
  kind: SignalKind
  urgency: Urgency
  impact: Impact
  /** somebody said what it is: no rule knows better */
  byPerson: boolean
  /** it told of something wrong, and was not stored as over from the start */
  wasOpen: boolean
  /** milliseconds since it was closed; null while it is open */
  closedForMs: number | null
}

/** What a report of something known is: one more of the same, the same thing back again, or worse than it was. */
export type Recurrence =
  | { what: 'count' }
  /** opened again, told again */
  | { what: 'reopen'; found: Classification }
  /** open already, but more urgent or of wider impact than people were told: told once more */
  | { what: 'escalate'; found: Classification }

/** How the reason of a closed signal begins when what it told of has ended by itself. */
export const IS_OVER = 'It is over: '

const DAY_MS = 24 * 3600_000
/** Within this time what comes back was not really mended. */
const BACK_WITHIN_MS = 7 * DAY_MS

/** The lists of the model begin with what matters most. */
const rank = <Name extends string>(names: readonly Name[], name: Name): number => names.length - names.indexOf(name)
const more = <Name extends string>(names: readonly Name[], one: Name, other: Name): Name =>
  rank(names, one) >= rank(names, other) ? one : other

const sooner: Readonly<Record<Urgency, Urgency>> = { whenever: 'today', today: 'now', now: 'now' }
const wrong: ReadonlySet<SignalKind> = new Set<SignalKind>(['quality_issue', 'decision_needed'])

/**
 * Nothing that got worse is only counted. Muted stays muted, and what a person said stays as it was said.
 * @param found what the newest report is, by the rules or by a correction
 * @param lesson whether a person's correction decided that
 */
export function recur(earlier: Earlier, found: Classification, lesson: boolean): Recurrence {
  if (earlier.status === 'muted') return { what: 'count' }
  if (earlier.status === 'closed') return { what: 'reopen', found: lesson ? found : backAgain(earlier, found) }
  if (earlier.byPerson || lesson) return { what: 'count' }
  const urgency = more(urgencies, found.urgency, earlier.urgency)
  const impact = more(impacts, found.impact, earlier.impact)
  if (urgency === earlier.urgency && impact === earlier.impact) return { what: 'count' }
  const changes = [
    ...(urgency === earlier.urgency ? [] : [`${earlier.urgency} became ${urgency}`]),
    ...(impact === earlier.impact ? [] : [`${earlier.impact} became ${impact}`]),
  ]
  const why = `${found.why} It is worse than before: ${changes.join(', ')}.`
  return { what: 'escalate', found: { ...found, urgency, impact, why } }
}

/** What was closed and is back soon is more urgent than the same thing seen for the first time. */
function backAgain({ wasOpen, urgency, closedForMs }: Earlier, found: Classification): Classification {
  if (!wasOpen || !wrong.has(found.kind) || closedForMs === null || closedForMs > BACK_WITHIN_MS) return found
  const raised = more(urgencies, sooner[found.urgency], urgency)
  const told = `It was closed ${ago(closedForMs)} ago and is back`
  if (raised === found.urgency) return { ...found, why: `${found.why} ${told}.` }
  return {
    ...found,
    urgency: raised,
    why: `${found.why} ${told}, so it matters ${raised} instead of ${found.urgency}.`,
  }
}

function ago(ms: number): string {
  const [count, unit] =
    ms >= DAY_MS
      ? [ms / DAY_MS, 'day']
      : ms >= 3600_000
        ? [ms / 3600_000, 'hour']
        : [Math.max(ms, 60_000) / 60_000, 'minute']
  const whole = Math.floor(count as number)
  return `${whole} ${unit}${whole === 1 ? '' : 's'}`
}

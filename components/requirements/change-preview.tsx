import { VisibleText } from '#components/runs/visible-text'
import { durationText } from '#components/ui/duration-text'
import type { Preview } from '#server/planner/queries'
import type { Cost, Path } from '#server/planner/rules/forecast'

const rows: [key: keyof Preview['effects'], words: string][] = [
  ['stops', 'Stop now, their journal kept'],
  ['goesOn', 'Go on from their journal'],
  ['reruns', 'Run again'],
  ['added', 'New'],
  ['ends', 'Will not be done'],
  ['waits', 'Wait for that'],
  ['kept', 'Results kept'],
]

const money = (microUsd: number) => `$${(microUsd / 1_000_000).toFixed(microUsd < 100_000 ? 4 : 2)}`

function costInWords(cost: Cost): string {
  if (cost.tasks === 0) return 'nothing'
  const known = cost.tasks - cost.unknown
  if (known === 0) return 'not known: no task of this kind has finished here yet'
  const parts = [
    `about ${cost.tokens.toLocaleString('en')} tokens`,
    cost.microUsd === null ? 'no price' : money(cost.microUsd),
    `${durationText(cost.milliseconds)} of work`,
  ]
  if (cost.unknown > 0) parts.push(`and ${cost.unknown} of ${cost.tasks} tasks of which nothing is known`)
  return parts.join(', ')
}

function pathInWords(path: Path): string {
  if (path.refs.length === 0) return 'nothing left to do'
  const refs = path.refs.length > 8 ? [...path.refs.slice(0, 4), '…', ...path.refs.slice(-3)] : path.refs
  const time = path.milliseconds === null ? 'duration not known yet' : `about ${durationText(path.milliseconds)}`
  return `${refs.join(' → ')} (${time})`
}

/** What a change would do: the differences, the work it moves, what it is expected to cost, and the longest chain. */
export function ChangePreview({ preview }: { preview: Preview }) {
  const { effects, forecast, diff } = preview
  return (
    <div className="flex flex-col gap-3 text-body">
      <DiffLines lines={diff} />
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 max-sm:grid-cols-1">
        {rows.flatMap(([key, words]) =>
          effects[key].length === 0
            ? []
            : [
                <dt key={key} className="text-muted">
                  {words}
                </dt>,
                <dd key={`${key}-refs`} className="number wrap-anywhere max-sm:mb-1">
                  {effects[key].join(', ')}
                </dd>,
              ],
        )}
        {forecast.more.tasks > 0 && (
          <>
            <dt className="text-muted">Expected to cost</dt>
            <dd className="max-sm:mb-1">{costInWords(forecast.more)}</dd>
          </>
        )}
        {forecast.less.tasks > 0 && (
          <>
            <dt className="text-muted">Saves</dt>
            <dd className="max-sm:mb-1">{costInWords(forecast.less)}</dd>
          </>
        )}
        <dt className="text-muted">Longest chain now</dt>
        <dd className="number max-sm:mb-1">{pathInWords(forecast.pathBefore)}</dd>
        <dt className="text-muted">Longest chain then</dt>
        <dd className="number">{pathInWords(forecast.pathAfter)}</dd>
      </dl>
    </div>
  )
}

/** A diff of a plan, line by line. */
export function DiffLines({ lines }: { lines: Preview['diff'] }) {
  if (lines.length === 0) return null
  return (
    <ul aria-label="Differences" className="flex flex-col gap-1">
      {lines.map((line) => (
        <li key={`${line.ref}-${line.what}`} className="wrap-anywhere">
          <span className="number text-muted">{line.ref}</span>{' '}
          <span className="font-medium">
            <VisibleText text={line.title} />
          </span>
          : {line.what}
          {(line.from || line.to) && (
            <>
              {' '}
              {line.from && (
                <del className="text-failed-fg">
                  <VisibleText text={short(line.from)} />
                </del>
              )}
              {line.from && line.to && ' → '}
              {line.to && (
                <ins className="text-succeeded-fg no-underline">
                  <VisibleText text={short(line.to)} />
                </ins>
              )}
            </>
          )}
        </li>
      ))}
    </ul>
  )
}

const short = (text: string) => (text.length > 240 ? `${text.slice(0, 240)} …` : text)

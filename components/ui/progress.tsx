import { classNames } from './class-names'

/** A share of a whole, in words for the ear ("7 of 23 tasks done") and as a bar for the eye. */
export function Progress(props: { value: number; total: number; label: string; className?: string }) {
  const { value, total, label } = props
  const percent = total === 0 ? 0 : Math.min(100, (100 * value) / total)
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={value}
      aria-valuetext={`${value} of ${total}`}
      className={classNames('h-1.5 min-w-16 overflow-hidden rounded-full bg-border', props.className)}
    >
      <div data-bar className="h-full rounded-full bg-succeeded-solid" style={{ width: `${percent}%` }} />
    </div>
  )
}

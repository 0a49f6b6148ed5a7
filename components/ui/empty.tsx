import type { ReactNode } from 'react'
import { classNames } from './class-names'

/** Says what will appear here, offers one action, shows one example. */
export function Empty(props: { title: ReactNode; action?: ReactNode; className?: string; children?: ReactNode }) {
  return (
    <div
      className={classNames(
        'flex flex-col items-center gap-2 rounded-lg border border-dashed border-border-strong px-6 py-10 text-center',
        props.className,
      )}
    >
      <p className="text-reading font-medium">{props.title}</p>
      {props.children && <div className="max-w-measure text-body text-muted">{props.children}</div>}
      {props.action && <div className="mt-2 flex flex-wrap justify-center gap-2">{props.action}</div>}
    </div>
  )
}

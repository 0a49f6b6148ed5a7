import { ansiLine } from './ansi'
import { classNames } from './class-names'
import { CopyButton } from './copy-button'

/** Text of a program, whole; scrolls in its own box. For output that grows or is long, use Log. */
export function CodeBlock(props: { text: string; label: string; wrap?: boolean; className?: string }) {
  const { text, label, wrap, className } = props
  return (
    <div className={classNames('relative rounded-md border border-border bg-sunken', className)}>
      <div className="absolute top-1 right-1">
        <CopyButton text={text} what={label} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll container must be reachable by keyboard */}
      <section tabIndex={0} aria-label={label} className="max-h-96 overflow-auto py-2 pr-12 pl-3">
        <pre className={classNames('font-mono text-code', wrap && 'wrap-anywhere whitespace-pre-wrap')}>
          {text.split('\n').map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a fixed text never move
            <span key={index} className="block min-h-5">
              {ansiLine(line)}
            </span>
          ))}
        </pre>
      </section>
    </div>
  )
}

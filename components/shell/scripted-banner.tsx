import { FlaskConical } from 'lucide-react'

/** Permanent on every page of a project that runs on the scripted provider. Cannot be closed, on purpose. */
export function ScriptedBanner() {
  return (
    <section aria-label="How this project works" className="border-b border-border bg-needs-you-soft">
      <p className="flex items-center gap-2 px-4 py-1.5 text-table font-medium text-needs-you-fg md:px-6">
        <FlaskConical aria-hidden className="size-4 shrink-0" />
        Scripted demo: no AI model is called in this project
      </p>
    </section>
  )
}

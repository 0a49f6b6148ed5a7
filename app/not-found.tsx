import { PlainShell } from '#components/shell/plain-shell'
import { PlainButtonLink } from '#components/ui/plain'

export default function NotFound() {
  return (
    <PlainShell>
      <main id="main" tabIndex={-1} data-state="error" className="flex flex-col gap-4 outline-none">
        <h1 className="text-title font-semibold">There is nothing at this address</h1>
        <p className="text-body text-muted">
          It may have been removed, the address may be incomplete, or it belongs to an organization you are not a member
          of.
        </p>
        <PlainButtonLink href="/projects" variant="primary" className="self-start">
          Go to the projects
        </PlainButtonLink>
      </main>
    </PlainShell>
  )
}

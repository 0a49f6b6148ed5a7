import { VisibleText } from '#components/runs/visible-text'
import { Button } from '#components/ui/button'
import { PlainLink } from '#components/ui/plain'
import type { DecisionView } from '#server/decisions/queries'
import { DecisionFields } from './decision-fields'

/**
 * The form of a link's page: a plain one, with nothing chosen at first, and the page's own token, so that it takes a
 * person who was shown the page and chose.
 */
export function LinkForm(props: {
  decision: DecisionView
  view: { token: string; pageToken: string; madeFor: string; viewer: string }
  action: (form: FormData) => Promise<void>
}) {
  const { decision, view, action } = props
  const back = encodeURIComponent(`/d/${view.token}`)
  return (
    <form action={action} className="flex flex-col gap-4">
      <input type="hidden" name="token" value={view.token} />
      <input type="hidden" name="pageToken" value={view.pageToken} />
      <DecisionFields decision={decision} unchosen />
      <p className="text-table text-muted">
        You answer as <VisibleText text={view.madeFor} />. This link was made for them alone.
        {view.viewer === 'nobody' && (
          <>
            {' '}
            <PlainLink href={`/sign-in?callbackUrl=${back}`}>Sign in</PlainLink> to answer as somebody else, or what
            cannot be undone.
          </>
        )}
      </p>
      <div className="sticky bottom-0 z-10 -mx-4 border-t border-border bg-canvas px-4 pt-3 pb-[calc(0.75rem+env(safe-area-inset-bottom))] md:static md:mx-0 md:border-0 md:px-0 md:py-0">
        <Button type="submit" variant="primary" size="large" className="max-md:w-full">
          Send answer
        </Button>
      </div>
    </form>
  )
}

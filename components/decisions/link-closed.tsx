import { PlainButtonLink, PlainLink } from '#components/ui/plain'
import type { LinkView } from '#server/decisions/links'

type Known = Exclude<LinkView, { state: 'unknown' }>

const titles: Record<string, string> = {
  unknown: 'This link is not valid',
  expired: 'This link has expired',
  revoked: 'This link was withdrawn',
  powerless: 'This link does not count any more',
}
const texts: Record<string, string> = {
  unknown: 'It may have been cut off. Copy it whole from the message, or sign in and open Decisions.',
  expired: 'Links work for three days. Sign in to see the decision and answer it there.',
  revoked: 'Sign in to see the decision and answer it there.',
  powerless: 'Whoever it was made for may not answer this question any more.',
}

/** A link that shows nothing, and why; nothing was changed by opening it. */
export function LinkClosed({ view }: { view: LinkView }) {
  const foreign = view.state !== 'unknown' && view.viewer === 'somebody-else'
  const href = view.state === 'unknown' ? '/decisions' : `/decisions/${view.decisionId}`
  const signedIn = view.state !== 'unknown' && view.viewer !== 'nobody'
  return (
    <main id="main" tabIndex={-1} data-state="error" className="flex flex-col gap-4 outline-none">
      <h1 className="text-title font-semibold wrap-anywhere">
        {foreign ? `This link was made for ${view.madeFor}` : titles[view.state]}
      </h1>
      <p className="text-body text-muted">
        {foreign
          ? 'You are signed in as somebody else, so it shows nothing here. If you may answer too, do so as yourself.'
          : texts[view.state]}
      </p>
      <PlainButtonLink
        href={signedIn ? href : `/sign-in?callbackUrl=${encodeURIComponent(href)}`}
        variant="primary"
        className="self-start"
      >
        {signedIn ? 'Open the decision' : 'Sign in'}
      </PlainButtonLink>
    </main>
  )
}

const good = 'rounded-md bg-succeeded-soft px-3 py-2 text-body text-succeeded-fg'
const attention = 'rounded-md bg-needs-you-soft px-3 py-2 text-body text-needs-you-fg'

/** What the last sent form came to, and what stands in the way of answering now. */
export function LinkSaid(props: {
  said: Record<string, string | string[] | undefined>
  view: Known
  token: string
  /** why the form was refused, if it was */
  refusal: string | null
}) {
  const { said, view, token, refusal } = props
  const open = view.state === 'open'
  if (said.sent && view.state === 'answered') {
    return (
      <p role="status" className={good}>
        Your answer was taken. Work that waited for it goes on by itself; you can close this page.
      </p>
    )
  }
  if (said.undone && open) {
    return (
      <p role="status" className={good}>
        The answer was taken back: the question is open again.
      </p>
    )
  }
  if (said['sign-in'] && open) {
    return (
      <p role="alert" className={attention}>
        What you chose cannot be undone, and links get forwarded. Please{' '}
        <PlainLink href={`/sign-in?callbackUrl=${encodeURIComponent(`/d/${token}`)}`}>sign in</PlainLink> as{' '}
        {view.madeFor} first. Nothing was taken.
      </p>
    )
  }
  const text =
    (said.late && !open && 'Somebody was first: your answer was not taken. This is the answer that counts.') ||
    (said.choose && open && 'Choose one of the options first.') ||
    (view.state === 'outdated' && 'The question was put anew since this link was made. Open it to answer.') ||
    refusal
  if (!text) return null
  return (
    <p role="alert" className={attention}>
      {text}
    </p>
  )
}

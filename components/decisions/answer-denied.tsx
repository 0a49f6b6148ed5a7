import { DeniedPanel } from '#components/ui/page-state'

/** Shown to viewers in place of the form: they see the question, others answer it. */
export function AnswerDenied() {
  // biome-ignore lint/a11y/useValidAriaRole: not an ARIA role but the role in the organization
  return <DeniedPanel what="Answering" role="member" yours="viewer" />
}

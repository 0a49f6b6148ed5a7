'use client'

import { PageError } from '#components/shell/page-error'

export default function DecisionsFailed(props: { error: Error & { digest?: string }; reset: () => void }) {
  return <PageError title="Decisions" {...props} />
}

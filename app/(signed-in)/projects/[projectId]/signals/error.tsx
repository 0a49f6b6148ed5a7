'use client'

import { PageError } from '#components/shell/page-error'

export default function SignalsFailed(props: { error: Error & { digest?: string }; reset: () => void }) {
  return <PageError title="Signals" {...props} />
}

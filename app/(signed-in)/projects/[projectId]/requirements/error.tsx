'use client'

import { PageError } from '#components/shell/page-error'

export default function RequirementsFailed(props: { error: Error & { digest?: string }; reset: () => void }) {
  return <PageError title="Requirements" {...props} />
}

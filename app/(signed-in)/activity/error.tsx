'use client'

import { PageError } from '#components/shell/page-error'

export default function ActivityFailed(props: { error: Error & { digest?: string }; reset: () => void }) {
  return <PageError title="Activity" {...props} />
}

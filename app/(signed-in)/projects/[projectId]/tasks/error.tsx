'use client'

import { PageError } from '#components/shell/page-error'

export default function TaskFailed(props: { error: Error & { digest?: string }; reset: () => void }) {
  return <PageError title="Task" {...props} />
}

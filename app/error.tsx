'use client'

import { PlainShell } from '#components/shell/app-shell'
import { PageError } from '#components/shell/page-error'

export default function RootError(props: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <PlainShell>
      <PageError title="Something went wrong" {...props} />
    </PlainShell>
  )
}

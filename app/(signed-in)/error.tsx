'use client'

import { PageError } from '#components/shell/page-error'

export default function SignedInError(props: { error: Error & { digest?: string }; reset: () => void }) {
  return <PageError title="Something went wrong" {...props} />
}

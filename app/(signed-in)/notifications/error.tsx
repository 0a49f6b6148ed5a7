'use client'

import { PageError } from '#components/shell/page-error'

export default function SectionError(props: { error: Error & { digest?: string }; reset: () => void }) {
  return <PageError title="Something went wrong" {...props} />
}

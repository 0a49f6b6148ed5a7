'use client'

import { useMutation } from '@tanstack/react-query'
import { Play } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'

/** Submits the built-in sample and goes to where it can be watched. */
export function SampleButton({ projectId, prominent }: { projectId: string; prominent?: boolean }) {
  const trpc = useTRPC()
  const router = useRouter()
  const submit = useMutation(
    trpc.requirements.submitSample.mutationOptions({
      onSuccess: ({ id }) => router.push(`/projects/${projectId}/requirements/${id}`),
    }),
  )
  return (
    <div className="flex flex-col items-center gap-2">
      <Button
        variant={prominent ? 'primary' : 'secondary'}
        size={prominent ? 'large' : 'medium'}
        busy={submit.isPending || submit.isSuccess}
        onClick={() => submit.mutate({ projectId })}
      >
        <Play aria-hidden />
        Run the sample requirement
      </Button>
      {submit.error && (
        <p role="alert" className="text-table font-medium text-failed-fg">
          {errorText(submit.error)}
        </p>
      )}
    </div>
  )
}

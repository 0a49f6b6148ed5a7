'use client'

import { useMutation } from '@tanstack/react-query'
import { errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { toast } from '#components/ui/toast'

export function SignOutEverywhere() {
  const trpc = useTRPC()
  const out = useMutation(
    trpc.auth.signOutEverywhere.mutationOptions({
      onSuccess: () => window.location.assign('/sign-in?ended=1'),
      onError: (error) => toast({ kind: 'error', text: errorText(error) }),
    }),
  )
  return (
    <Button busy={out.isPending || out.isSuccess} onClick={() => out.mutate()} className="self-start">
      Sign out everywhere
    </Button>
  )
}

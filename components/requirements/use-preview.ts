'use client'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTRPC, useTRPCClient } from '#components/providers/trpc'
import type { Change } from '#server/planner/model'

/** What a change would do as things stand; asked again when the requirement changes. Null asks nothing. */
export function usePreview(requirementId: string, change: Change | null) {
  const client = useTRPCClient()
  const trpc = useTRPC()
  return useQuery({
    // Shaped as tRPC's own keys are, so that live events find it.
    queryKey: [trpc.requirements.previewChange.mutationKey()[0], { input: { requirementId, change } }],
    queryFn: () => client.requirements.previewChange.mutate({ requirementId, change: change as Change }),
    enabled: change !== null,
    retry: false,
    staleTime: 0,
    placeholderData: keepPreviousData,
  })
}

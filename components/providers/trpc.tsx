'use client'

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client'
import { createTRPCContext } from '@trpc/tanstack-react-query'
import { type ReactNode, useState } from 'react'
import superjson from 'superjson'
import type { AppRouter } from '#server/trpc/root'
import { shareUnchanged } from './share-unchanged'

const context = createTRPCContext<AppRouter>()

/** `useTRPC().room.procedure.queryOptions(input)` for useQuery, `.mutationOptions()` for useMutation. */
export const useTRPC = context.useTRPC

/** The client itself, for what no hook fits. */
export const useTRPCClient = context.useTRPCClient

/** Refusals stay refusals; only what may pass by itself is asked again. */
export function worthRetrying(failures: number, error: unknown): boolean {
  const status = error instanceof TRPCClientError ? error.data?.httpStatus : undefined
  return failures < 2 && (status === undefined || status >= 500)
}

/** How the pages ask. */
export function createQueries(): QueryClient {
  // Live events say when an answer is old; the time limit only covers what has no event.
  const queries = {
    staleTime: 60_000,
    retry: worthRetrying,
    refetchOnWindowFocus: false,
    structuralSharing: shareUnchanged,
  }
  // Without a connection a change fails at once and is told. Kept back, it would be made whenever the connection returns,
  // long after the page has said "Answered" or the person has given up.
  const mutations = { networkMode: 'always' as const }
  return new QueryClient({ defaultOptions: { queries, mutations } })
}

export function TrpcProvider({ children }: { children: ReactNode }) {
  const [queries] = useState(createQueries)
  const [client] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [httpBatchLink({ url: '/api/trpc', transformer: superjson, maxURLLength: 2000 })],
    }),
  )
  return (
    <QueryClientProvider client={queries}>
      <context.TRPCProvider trpcClient={client} queryClient={queries}>
        {children}
      </context.TRPCProvider>
    </QueryClientProvider>
  )
}

/** What to tell a person about a failed call: the server's sentence, or that it could not be reached. */
export function errorText(error: unknown): string {
  if (error instanceof TRPCClientError && error.data) return error.message
  return 'The server could not be reached. What you entered is still here; please try again.'
}

/** The id of a fault, to be told to an operator. */
export function errorIdOf(error: unknown): string | undefined {
  const id = error instanceof TRPCClientError ? error.data?.details?.errorId : undefined
  return typeof id === 'string' ? id : undefined
}

import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from '@trpc/client'
import superjson from 'superjson'
import type { AppRouter } from '#server/trpc/root'
import { bearerEventSource } from './event-source'

export interface OrchestratorOptions {
  /** Where the product is served, such as https://orchestrator.example.com */
  url: string
  /** An API token (Settings → API tokens): orc_… */
  token: string
  /** For runtimes whose own fetch should not be used, and for tests. */
  fetch?: typeof fetch
}

/**
 * The product's whole API, typed, for other programs. Calls carry the token as Bearer; `live.events` is a stream that
 * reconnects by itself and goes on after the last event it gave.
 */
export function createOrchestratorClient({ url, token, fetch: send }: OrchestratorOptions) {
  const endpoint = new URL('/api/trpc', url).href
  const authorization = `Bearer ${token}`
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === 'subscription',
        true: httpSubscriptionLink({
          url: endpoint,
          transformer: superjson,
          EventSource: bearerEventSource(authorization, send ?? fetch),
        }),
        false: httpBatchLink({
          url: endpoint,
          transformer: superjson,
          headers: { authorization },
          maxItems: 20,
          ...(send ? { fetch: send as never } : {}),
        }),
      }),
    ],
  })
}

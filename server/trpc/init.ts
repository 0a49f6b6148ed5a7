import { initTRPC } from '@trpc/server'
import superjson from 'superjson'
import type { Action } from '#server/auth/rules/permissions'
import { speakPlainly } from '#server/kernel/input-words'
import type { TrpcContext } from './context'
import { errorShape } from './errors'

/** What every procedure declares about itself; the sweep test fails for one that declares nothing. */
export interface ProcedureMeta {
  access: 'public' | 'signed-in' | Action
}

speakPlainly()

export const t = initTRPC
  .context<TrpcContext>()
  .meta<ProcedureMeta>()
  .create({
    transformer: superjson,
    errorFormatter: ({ shape, error }) => errorShape(shape, error),
    sse: {
      ping: { enabled: true, intervalMs: 10_000 },
      client: { reconnectAfterInactivityMs: 25_000 },
    },
  })

export const router = t.router

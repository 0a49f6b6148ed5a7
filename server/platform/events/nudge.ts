import { z } from 'zod'

/** What a notification says: look at everything, at these organizations' streams, or at a run's live log. */
export type Nudge =
  | { kind: 'everything' }
  | { kind: 'events'; streams: { organizationId: string; last: bigint }[] }
  | { kind: 'log'; organizationId: string; runId: string; sequence: number }

const payloadSchema = z.object({
  u: z.number().optional(),
  e: z.array(z.tuple([z.string(), z.string().regex(/^\d+$/)])).optional(),
  o: z.string().optional(),
  r: z.string().optional(),
  l: z.number().optional(),
})

/** Null for what is only about jobs, and for what nobody understands. */
export function parseNudge(payload: string): Nudge | null {
  let given: unknown
  try {
    given = JSON.parse(payload)
  } catch {
    return null
  }
  const parsed = payloadSchema.safeParse(given)
  if (!parsed.success) return null
  const { u, e, o, r, l } = parsed.data
  if (u !== undefined) return { kind: 'everything' }
  if (e) return { kind: 'events', streams: e.map(([organizationId, last]) => ({ organizationId, last: BigInt(last) })) }
  if (o !== undefined && r !== undefined && l !== undefined)
    return { kind: 'log', organizationId: o, runId: r, sequence: l }
  return null
}

import type { z } from 'zod'
import { type Refusal, scriptedModels } from '#server/scripted/model'

/** A refused request, thrown inside a wire and caught at its edge by `reading`. */
export class RequestRefused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** 400 in the shape all three APIs share; the wire's `error` gives it its envelope. */
export function refuse(message: string, param: string | null = null, code: string | null = null): never {
  throw new RequestRefused({ status: 400, type: 'invalid_request_error', message, param, code })
}

/** Runs a reader and turns its refusal into a value. */
export function reading<Result>(read: () => Result): Result | { ok: false; refusal: Refusal } {
  try {
    return read()
  } catch (error) {
    if (error instanceof RequestRefused) return { ok: false, refusal: error.refusal }
    throw error
  }
}

export function knownModel(model: string): boolean {
  return (scriptedModels as readonly string[]).includes(model)
}

/**
 * Parses with a schema or refuses with the first issue.
 * @param unknownField how this API words a field that it does not know
 */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  unknownField: (path: string) => string,
): z.infer<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const { path, message } = deepest(result.error.issues)
  const at = path.map(String).join('.')
  const extra = /^Unrecognized keys?: "([^"]+)"/.exec(message)?.[1]
  if (extra !== undefined) {
    const field = at === '' ? extra : `${at}.${extra}`
    refuse(unknownField(field), field, 'unknown_parameter')
  }
  refuse(`${at === '' ? 'body' : at}: ${message}`, at === '' ? null : at, 'invalid_value')
}

interface Issue {
  path: PropertyKey[]
  message: string
  code?: string
  errors?: readonly (readonly Issue[])[]
}

/** The most telling issue: in a union, that of the member which got furthest. */
function deepest(issues: readonly unknown[], prefix: PropertyKey[] = []): { path: PropertyKey[]; message: string } {
  const issue = issues[0] as Issue
  const path = [...prefix, ...issue.path]
  const members = (issue.errors ?? []).filter((member) => member.length > 0)
  if (members.length === 0) return { path, message: issue.message }
  const candidates = members.map((member) => deepest(member, path))
  return candidates.reduce((best, next) => (next.path.length > best.path.length ? next : best))
}

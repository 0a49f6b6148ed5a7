import { z } from 'zod'
import { AppError } from '#server/kernel/app-error'

/**
 * A lazily read part of the environment: the variables one concern needs, checked the first time they are asked for.
 * An empty variable counts as not set, because shells and compose files can only "unset" by writing nothing.
 * @throws AppError `environment-invalid` whose message names every variable that is wrong and what to set
 */
export function environmentFragment<Shape extends z.ZodRawShape>(shape: Shape): () => z.infer<z.ZodObject<Shape>> {
  const schema = z.object(shape)
  let parsed: z.infer<z.ZodObject<Shape>> | undefined
  return () => {
    parsed ??= parseEnvironment(schema, process.env)
    return parsed
  }
}

/** The same check on given variables, for tests and for a launcher that prepares the environment of its children. */
export function parseEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  source: Record<string, string | undefined>,
): z.infer<Schema> {
  const names = Object.keys(schema.shape)
  const given = Object.fromEntries(names.flatMap((name) => (source[name] ? [[name, source[name].trim()]] : [])))
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const problems = new Map<string, string>()
  for (const issue of result.error.issues) {
    const name = String(issue.path[0] ?? 'environment')
    if (problems.has(name)) continue
    const advice = schema.shape[name]?.meta()?.description ?? issue.message
    problems.set(name, `${name} ${given[name] === undefined ? 'is not set' : 'is not usable'}: ${advice}.`)
  }
  throw new AppError({
    code: 'environment-invalid',
    kind: 'unavailable',
    message: [...problems.values()].join(' '),
    details: { variables: [...problems.keys()] },
  })
}

type Schema = Record<string, unknown>

/** Keywords both providers' strict modes take; the rest is refused or ignored, so it goes into the description. */
const understood = new Set([
  'type',
  'properties',
  'required',
  'items',
  'enum',
  'const',
  'anyOf',
  'allOf',
  '$ref',
  '$defs',
  'description',
  'additionalProperties',
])
const dropped = new Set(['$schema', '$id', 'title', 'default', 'examples'])

/**
 * A JSON Schema as strict tools and structured answers want it: every object closed, every property required, and
 * limits the wire does not know (`minimum`, `pattern`, …) told to the model in words. They are not enforced there, so
 * answers have to be checked against the full schema anyway.
 */
export function strictSchema(schema: Schema): Schema {
  const strict: Schema = {}
  const limits: string[] = []
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties' || key === '$defs') strict[key] = mapValues(value)
    else if (key === 'oneOf') strict.anyOf = inner(key, value)
    else if (understood.has(key)) strict[key] = inner(key, value)
    else if (!dropped.has(key) && !isSafeIntegerBound(value)) limits.push(`${key}: ${JSON.stringify(value)}`)
  }
  if (isSchema(strict.properties)) {
    strict.required = Object.keys(strict.properties)
    strict.additionalProperties = false
  }
  if (limits.length > 0) {
    strict.description = [schema.description, `{${limits.join(', ')}}`].filter(Boolean).join(' ')
  }
  return strict
}

/** zod writes the bounds of JavaScript's safe integers under every integer: noise to a model. */
function isSafeIntegerBound(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) === Number.MAX_SAFE_INTEGER
}

function inner(key: string, value: unknown): unknown {
  if (key === 'enum' || key === 'required' || key === 'const') return value
  if (Array.isArray(value)) return value.map((item) => (isSchema(item) ? strictSchema(item) : item))
  return isSchema(value) ? strictSchema(value) : value
}

function mapValues(value: unknown): unknown {
  if (!isSchema(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, isSchema(item) ? strictSchema(item) : item]),
  )
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import { z } from 'zod'

const nodeSchema = z.looseObject({
  type: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
})

export interface StrictRules {
  /** OpenAI wants every property in `required`; Anthropic does not. */
  allRequired: boolean
  /** Keywords the API refuses in a strict schema. */
  refused: readonly string[]
}

/** The first fault of a JSON Schema that is to be enforced strictly: where and why. Null when it may be used. */
export function strictFault(schema: unknown, rules: StrictRules, path: readonly string[] = []): string | null {
  const parsed = nodeSchema.safeParse(schema)
  if (!parsed.success) return `In context=(${path.join('.')}), a schema must be an object.`
  const node = parsed.data
  const at = `In context=(${path.map((part) => `'${part}'`).join(', ')})`
  const refused = rules.refused.find((keyword) => Object.hasOwn(node, keyword))
  if (refused !== undefined) return `${at}, the keyword '${refused}' is not supported for type '${String(node.type)}'.`
  if (node.type === 'object') {
    if (node.additionalProperties !== false) {
      return `${at}, 'additionalProperties' is required to be supplied and to be false.`
    }
    const required = new Set(node.required ?? [])
    const missing = Object.keys(node.properties ?? {}).find((name) => !required.has(name))
    if (rules.allRequired && missing !== undefined) {
      return `${at}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`
    }
  }
  for (const [child, value] of childrenOf(node)) {
    const fault = strictFault(value, rules, [...path, ...child])
    if (fault !== null) return fault
  }
  return null
}

function childrenOf(node: z.infer<typeof nodeSchema>): [string[], unknown][] {
  const named = (key: string, value: unknown): [string[], unknown][] =>
    Object.entries((value ?? {}) as Record<string, unknown>).map(([name, child]) => [[key, name], child])
  const anyOf = Array.isArray(node.anyOf)
    ? node.anyOf.map((child, index): [string[], unknown] => [['anyOf', String(index)], child])
    : []
  return [
    ...named('properties', node.properties),
    ...named('$defs', node.$defs),
    ...anyOf,
    ...(node.items === undefined ? [] : [[['items'], node.items] as [string[], unknown]]),
  ]
}

/** A value that fits a JSON Schema, with `word` in every free text. For prompts no script knows. */
export function sampleOf(schema: unknown, word: string): unknown {
  const node = (schema ?? {}) as Record<string, unknown>
  if (Array.isArray(node.enum)) return node.enum[0]
  if ('const' in node) return node.const
  if (Array.isArray(node.anyOf)) return sampleOf(node.anyOf[0], word)
  const type = Array.isArray(node.type) ? node.type[0] : node.type
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries((node.properties ?? {}) as Record<string, unknown>).map(([name, child]) => [
          name,
          sampleOf(child, word),
        ]),
      )
    case 'array':
      return []
    case 'string':
      return word
    case 'integer':
    case 'number':
      return typeof node.minimum === 'number' ? node.minimum : 0
    case 'boolean':
      return false
    default:
      return null
  }
}

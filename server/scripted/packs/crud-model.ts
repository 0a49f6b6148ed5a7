import type { OpenChoice, Source } from '#server/scripted/packs/ports'
import { identifier, namesIn, plural, simplified } from '#server/scripted/packs/sentence'

type FieldType = 'text' | 'date' | 'number'

/** A field's rules, as they stand in the generated validation module. */
export interface Field {
  key: string
  label: string
  type: FieldType
  required: boolean
  min: number
  max: number
  oneOf: string[]
  byDefault: string | null
  unique: boolean
}

export type Operation = 'create' | 'change' | 'delete'

/** A thing people keep: its fields and what may be done with it. */
export interface Entity {
  noun: string
  nouns: string
  path: string
  /** statement that names its fields */
  ref: string
  fields: Field[]
  operations: Set<Operation>
  filters: Set<string>
  sorts: Set<string>
  searches: Set<string>
  counts: Set<string>
  /** operation → role that alone may do it */
  roles: Map<Operation, string>
  newestFirst: boolean
}

export interface CrudModel {
  entities: Entity[]
  persistent: boolean
  choice: (OpenChoice & { archive: boolean; noun: string }) | null
}

function newField(label: string): Field {
  const isNumber = /^(?:price|amount|quantity|age|weight|points|cost|total|stock|year)$/i.test(label)
  const type: FieldType = /\bdate$/i.test(label) ? 'date' : isNumber ? 'number' : 'text'
  const rules = { required: false, min: 0, max: 10_000, oneOf: [], byDefault: null, unique: false }
  return { key: identifier(label), label: label.toLowerCase(), type, ...rules }
}

const fieldList = /^(?:an?|each|every) ([a-z]{3,30}) (?:has|consists of) (.{3,300})$/i
/** Nouns that look like entities and are not things people keep. */
const notEntities =
  /^(?:page|form|user story|command|function|field|request|file|line|document|list|button|answer|error)$/i

/** The entities that statements of the form "A task has a title, a status and a due date." name. */
export function readEntities(source: Source): Entity[] {
  const entities: Entity[] = []
  for (const statement of source.statements) {
    const match = fieldList.exec(simplified(statement) ?? '')
    const noun = match?.[1]?.toLowerCase() ?? ''
    const names = match?.[2] && !/\d/.test(match[2]) ? namesIn(match[2]) : null
    if (!names || notEntities.test(noun) || entities.some((one) => one.noun === noun) || entities.length >= 5) continue
    const fields = names.map(newField)
    const isDistinct = new Set(fields.map((field) => field.key)).size === fields.length
    if (!isDistinct || fields.some((field) => ['id', 'q', 'sort', 'order', 'by'].includes(field.key))) continue
    entities.push({ ...emptyEntity(noun, fields), ref: statement.ref })
  }
  return entities
}

function emptyEntity(noun: string, fields: Field[]): Entity {
  return {
    noun,
    nouns: plural(noun),
    path: plural(noun),
    ref: '',
    fields,
    operations: new Set(['create']),
    filters: new Set(),
    sorts: new Set(),
    searches: new Set(),
    counts: new Set(),
    roles: new Map(),
    newestFirst: false,
  }
}

export function fieldOf(entity: Entity, name: string): Field | undefined {
  const key = identifier(name)
  return entity.fields.find((field) => field.key === key)
}

/** A value that the field accepts; another number gives another value where the rules allow one. */
function validValue(field: Field, number: number): string | number {
  if (field.oneOf.length > 0) return field.oneOf[number % field.oneOf.length] ?? ''
  if (field.type === 'date') return `2030-01-${String((number % 28) + 1).padStart(2, '0')}`
  if (field.type === 'number') return number
  const text = `${String.fromCharCode(97 + (number % 26))}${number} ${field.label}`.slice(0, field.max)
  return text.padEnd(field.min, 'x')
}

export function validRecord(entity: Entity, number: number): Record<string, string | number> {
  return Object.fromEntries(entity.fields.map((field) => [field.key, validValue(field, number)]))
}

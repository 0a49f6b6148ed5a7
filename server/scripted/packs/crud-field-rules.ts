import { type Entity, type Field, fieldOf, validRecord } from '#server/scripted/packs/crud-model'
import { adding, entityIn, fieldMeant, type Match, type Rule } from '#server/scripted/packs/crud-rules'
import { literal, valuesIn } from '#server/scripted/packs/sentence'

export function creating(entity: Entity, change: string, number = 1): string {
  const role = literal(entity.roles.get('create') ?? null)
  return `await api.call('POST', '/${entity.path}', { ...${literal(validRecord(entity, number))}, ${change} }, ${role})`
}

export const key = (field: Field) => `[${literal(field.key)}]`

function refused(entity: Entity, field: Field, value: string): string {
  return `{
  const answer = ${creating(entity, `${key(field)}: ${value}`)}
  assert.equal(answer.status, 400)
  assert.deepEqual(answer.body.details.map((one) => one.field), [${literal(field.key)}])
  assert.deepEqual((await api.call('GET', '/${entity.path}')).body, [])
}`
}

/** Each accepted record gets a number of its own, so that a unique field elsewhere is no obstacle. */
function accepted(entity: Entity, field: Field, value: string, number = 1): string {
  return `{
  const answer = ${creating(entity, `${key(field)}: ${value}`, number)}
  assert.equal(answer.status, 201)
  assert.equal(answer.body${key(field)}, ${value})
}`
}

/** Which test a part of a field's sentence asks for; the parts of one sentence are tested one after the other. */
type Part = (entity: Entity, field: Field) => (() => string | null) | null

function requiredPart(entity: Entity, field: Field): () => string | null {
  field.required = true
  return () => {
    // a default fills what is missing, so nothing would be refused
    if (field.byDefault !== null) return null
    return [`undefined`, `''`, `'   '`, 'null'].map((value) => refused(entity, field, value)).join('\n')
  }
}

function lengthPart(min: number | null, max: number | null): Part {
  return (entity, field) => {
    if (field.type !== 'text' || (min ?? 0) > 500 || (max ?? 1) > 5000 || (max ?? 1) < 1) return null
    const isOther = (now: number, unset: number, wanted: number | null) =>
      wanted !== null && now !== unset && now !== wanted
    if (isOther(field.min, 0, min) || isOther(field.max, 10_000, max)) return null
    if (min !== null) field.min = min
    if (max !== null) field.max = max
    return () => {
      if ((min !== null && field.min !== min) || (max !== null && field.max !== max)) return null
      if (field.min > field.max || field.oneOf.length > 0 || field.type !== 'text') return null
      const parts: string[] = []
      if (max !== null) {
        parts.push(accepted(entity, field, `'x'.repeat(${max})`), refused(entity, field, `'x'.repeat(${max + 1})`))
      }
      if (min !== null && min > 0) {
        parts.push(accepted(entity, field, `'y'.repeat(${min})`, 2), refused(entity, field, `'y'.repeat(${min - 1})`))
      }
      // the refusals look at an empty list, so they come first
      return parts.sort((a, b) => Number(a.includes('201')) - Number(b.includes('201'))).join('\n')
    }
  }
}

function isTooLong(field: Field, value: string): boolean {
  return value.length < field.min || value.length > field.max
}

function oneOfPart(values: string[]): Part {
  return (entity, field) => {
    if (field.type !== 'text' || (field.oneOf.length > 0 && field.oneOf.join() !== values.join())) return null
    field.oneOf = values
    return () => {
      if (field.type !== 'text' || field.unique || values.some((value) => isTooLong(field, value))) return null
      const wrong = refused(entity, field, literal(`${values[0]}-and-more`))
      return [wrong, ...values.map((value, at) => accepted(entity, field, literal(value), at + 1))].join('\n')
    }
  }
}

function defaultPart(value: string): Part {
  return (entity, field) => {
    if (field.type !== 'text' || (field.byDefault !== null && field.byDefault !== value)) return null
    field.byDefault = value
    return () => {
      if (field.oneOf.length > 0 && !field.oneOf.includes(value)) return null
      if (field.type !== 'text' || isTooLong(field, value)) return null
      const other = field.oneOf.find((one) => one !== value)
      const given = other === undefined ? '' : `\n${accepted(entity, field, literal(other), 2)}`
      return `const made = ${creating(entity, `${key(field)}: undefined`)}
assert.equal(made.status, 201)
assert.equal(made.body${key(field)}, ${literal(value)})${given}`
    }
  }
}

function uniquePart(entity: Entity, field: Field): (() => string | null) | null {
  if (field.oneOf.length > 0) return null
  field.unique = true
  return () =>
    field.oneOf.length > 0
      ? null
      : `const first = ${creating(entity, `${key(field)}: ${literal(validRecord(entity, 1)[field.key])}`)}
assert.equal(first.status, 201)
const again = ${creating(entity, `${key(field)}: ${literal(validRecord(entity, 1)[field.key])}`, 2)}
assert.equal(again.status, 409)
const another = ${creating(entity, `${key(field)}: ${literal(validRecord(entity, 2)[field.key])}`, 2)}
assert.equal(another.status, 201)
assert.equal((await api.call('GET', '/${entity.path}')).body.length, 2)`
}

function datePart(entity: Entity, field: Field): (() => string) | null {
  if (field.oneOf.length > 0 || field.byDefault !== null || field.type === 'number') return null
  field.type = 'date'
  return () =>
    [
      ...[`'tomorrow'`, `'31.01.2030'`, `'2030-02-30'`, `'2030-1-5'`].map((value) => refused(entity, field, value)),
      accepted(entity, field, `'2030-02-28'`),
    ].join('\n')
}

function partOf(text: string): Part | null {
  const words = text.trim().replace(/^(?:is|are|must be|has to be|must|has|may be|can be)\s+/i, '')
  if (/^(?:required|mandatory|never empty|not be empty)$/i.test(words)) return requiredPart
  if (/^unique$/i.test(words)) return uniquePart
  if (/^a date(?: (?:like|such as) \d{4}-\d{2}-\d{2}| in the form yyyy-mm-dd)$/i.test(words)) return datePart
  const most = /^(?:have |has )?(?:at most|no more than|up to) (\d{1,5}) characters(?: long)?$/i.exec(words)
  if (most) return lengthPart(null, Number(most[1]))
  const least = /^(?:have |has )?at least (\d{1,5}) characters(?: long)?$/i.exec(words)
  if (least) return lengthPart(Number(least[1]), null)
  const between = /^(?:have |has )?between (\d{1,5}) and (\d{1,5}) characters(?: long)?$/i.exec(words)
  if (between) return lengthPart(Number(between[1]), Number(between[2]))
  return null
}

const about = /^(.{2,60}?) ((?:is|are|must|has|may be|can be)\b.+)$/i

/** "The title is required and at most 120 characters long": every part must be understood, or none counts. */
const fieldRule: Rule = (line, model) => {
  const match = about.exec(line)
  const meant = fieldMeant(model, match?.[1] ?? '')
  if (!match || !meant) return null
  const { entity, field } = meant
  const sentence = match[2] ?? ''
  const listed = /^(?:is|must be|can be|may be) (?:always )?(?:either |one of )?(.+)$/i.exec(sentence)
  const values = listed && /\bor\b|one of/.test(sentence) ? valuesIn((listed[1] ?? '').replace(/^one of /i, '')) : null
  const byDefault = /^is ["']?([\w-]+(?: [\w-]+)?)["']? (?:by default|unless (?:given|stated) otherwise)$/i.exec(
    sentence,
  )
  // "between 3 and 80" holds an "and" that joins no parts
  const pieces = sentence.split(/\s+and\s+(?!\d)/)
  const parts = values ? [oneOfPart(values)] : byDefault ? [defaultPart(byDefault[1] ?? '')] : pieces.map(partOf)
  return combined(parts, entity, field, values ? 'one of some values' : byDefault ? 'default' : 'field rules')
}

/** Sentences that contradict an earlier one stay questions: the first one counts, and every rule can be kept at once. */
function isConsistent(field: Field): boolean {
  const given = [...field.oneOf, ...(field.byDefault === null ? [] : [field.byDefault])]
  const isFree = given.length === 0 && field.min === 0 && field.max === 10_000
  if (field.min > field.max || given.some((value) => isTooLong(field, value))) return false
  if (field.type !== 'text' && !isFree) return false
  if (field.unique && given.length > 0) return false
  if (field.byDefault === null) return true
  return !field.required && (field.oneOf.length === 0 || field.oneOf.includes(field.byDefault))
}

function combined(parts: (Part | null)[], entity: Entity, field: Field, rule: string): Match | null {
  if (parts.some((part) => part === null)) return null
  const kept = { ...field }
  const tests = parts.map((part) => part?.(entity, field) ?? null)
  if (tests.some((test) => test === null) || !isConsistent(field)) {
    Object.assign(field, kept)
    return null
  }
  const render = () => {
    const bodies = tests.map((test) => test?.() ?? null)
    if (bodies.some((body) => body === null)) return null
    return bodies.map((body) => `{\n  const api = await start()\n${indented(body ?? '')}\n}`).join('\n')
  }
  return { rule, says: `${field.label} of a ${entity.noun}: ${rule}`, render }
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

/** "A new task has the status open." */
const newRule: Rule = (line, model) => {
  const match =
    /^(?:an?|each|every) new ([a-z]+) (?:has|gets|starts with) the ([a-z ]{2,40}?) ["']?([\w-]+)["']?$/i.exec(line)
  const entity = entityIn(model, match?.[1] ?? '')
  const field = entity && fieldOf(entity, match?.[2] ?? '')
  return entity && field ? combined([defaultPart(match?.[3] ?? '')], entity, field, 'default') : null
}

/** "Two projects can't have the same name." */
const sameRule: Rule = (line, model) => {
  const match =
    /^(?:no )?two ([a-z]+) (?:can't|cannot|can not|must not|may not|can|may)(?: ever)? (?:have|share) the same ([a-z ]+)$/i.exec(
      line,
    )
  const entity = entityIn(model, match?.[1] ?? '')
  const field = entity && fieldOf(entity, match?.[2] ?? '')
  const isDenied =
    /^no two .* (?:can|may) /i.test(line) || /^two .*(?:can't|cannot|can not|must not|may not)/i.test(line)
  return entity && field && isDenied ? combined([uniquePart], entity, field, 'unique') : null
}

/** "A task without a title is refused with 400." */
const withoutRule: Rule = (line, model) => {
  const match =
    /^an? ([a-z]+) without an? ([a-z ]+?) is (?:refused|rejected|answered)(?: with (?:status )?400)?$/i.exec(line)
  const entity = entityIn(model, match?.[1] ?? '')
  const field = entity && fieldOf(entity, match?.[2] ?? '')
  return entity && field ? combined([requiredPart], entity, field, 'required') : null
}

/** "A task must have a title." */
const mustRule: Rule = (line, model) => {
  const match = /^(?:an?|each|every) ([a-z]+) (?:must have|needs) an? ([a-z ]+)$/i.exec(line)
  const entity = entityIn(model, match?.[1] ?? '')
  const field = entity && fieldOf(entity, match?.[2] ?? '')
  return entity && field ? combined([requiredPart], entity, field, 'required') : null
}

/** "A task has a title, a status and a due date.": all of them are kept as given. */
export function fieldsTest(entity: Entity): string {
  return `${adding(entity, 1)}
const read = await api.call('GET', '/${entity.path}/' + record.id)
assert.equal(read.status, 200)
assert.deepEqual(read.body, { ...${literal(validRecord(entity, 1))}, id: record.id })
assert.deepEqual(Object.keys(read.body).filter((key) => key !== 'id').sort(), ${literal(entity.fields.map((field) => field.key).sort())})`
}

export const fieldRules: Rule[] = [fieldRule, newRule, sameRule, withoutRule, mustRule]

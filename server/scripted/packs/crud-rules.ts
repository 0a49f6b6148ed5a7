import { askOf } from '#server/scripted/packs/crud-ask'
import {
  type CrudModel,
  type Entity,
  type Field,
  fieldOf,
  type Operation,
  validRecord,
} from '#server/scripted/packs/crud-model'
import { literal, namesIn } from '#server/scripted/packs/sentence'

/** A matched rule. `render` gives the test's body once the whole model is known, or null when the model contradicts it. */
export interface Match {
  rule: string
  says: string
  render(): string | null
}
export type Rule = (line: string, model: CrudModel) => Match | null

export function entityIn(model: CrudModel, word: string): Entity | undefined {
  const name = word.toLowerCase()
  return model.entities.find((entity) => entity.noun === name || entity.nouns === name)
}

/** JavaScript that adds a valid record and leaves it in `record`; a number makes it differ from the others. */
export function adding(entity: Entity, number: number, change: Record<string, unknown> = {}, name = 'record'): string {
  const values = { ...validRecord(entity, number), ...change }
  return `const ${name} = await api.add(${literal(entity.path)}, ${literal(values)}, ${roleOf(entity, 'create')})`
}

function roleOf(entity: Entity, operation: Operation): string {
  return literal(entity.roles.get(operation) ?? null)
}

const operations: [Operation, RegExp][] = [
  ['create', /^(?:create|add) (?:an? |new |a new )?([a-z]+)$/i],
  ['change', /^(?:change|edit|update) (?:an? |the |an existing )?([a-z]+)$/i],
  ['delete', /^(?:delete|remove) (?:an? |the |an existing )?([a-z]+)$/i],
]

function operationTest(entity: Entity, operation: Operation): string {
  const role = roleOf(entity, operation)
  const path = literal(`/${entity.path}`)
  if (operation === 'create') {
    return `const answer = await api.call('POST', ${path}, ${literal(validRecord(entity, 1))}, ${role})
assert.equal(answer.status, 201)
const read = await api.call('GET', ${path} + '/' + answer.body.id)
assert.equal(read.status, 200)
assert.deepEqual(read.body, { ...${literal(validRecord(entity, 1))}, id: answer.body.id })`
  }
  if (operation === 'delete') {
    return `${adding(entity, 1)}
${adding(entity, 2, {}, 'other')}
assert.equal((await api.call('DELETE', ${path} + '/' + record.id, undefined, ${role})).status, 204)
assert.equal((await api.call('GET', ${path} + '/' + record.id)).status, 404)
assert.deepEqual((await api.call('GET', ${path})).body, [other])`
  }
  return `${adding(entity, 1)}
const changes = ${literal(validRecord(entity, 2))}
for (const [key, value] of Object.entries(changes)) {
  const answer = await api.call('PATCH', ${path} + '/' + record.id, { [key]: value }, ${role})
  assert.equal(answer.status, 200)
  assert.equal(answer.body[key], value)
}
assert.deepEqual((await api.call('GET', ${path} + '/' + record.id)).body, { ...changes, id: record.id })`
}

/** An allowed call succeeds, and the same call by another role and by nobody changes nothing. */
function onlyTest(entity: Entity, operation: Operation, role: string): string {
  const path = literal(`/${entity.path}`)
  const [method, target, body] =
    operation === 'create'
      ? ['POST', path, literal(validRecord(entity, 2))]
      : operation === 'change'
        ? ['PATCH', `${path} + '/' + record.id`, literal(validRecord(entity, 2))]
        : ['DELETE', `${path} + '/' + record.id`, 'undefined']
  const before = operation === 'create' ? '' : `${adding(entity, 1)}\n`
  return `${before}const before = (await api.call('GET', ${path})).body
for (const role of [null, 'somebody', ${literal(`not-${role}`)}, ${literal(`${role}s`)}]) {
  assert.equal((await api.call('${method}', ${target}, ${body}, role)).status, 403)
}
assert.deepEqual((await api.call('GET', ${path})).body, before)
const allowed = await api.call('${method}', ${target}, ${body}, ${literal(role)})
assert.ok(allowed.status >= 200 && allowed.status < 300)
assert.notDeepEqual((await api.call('GET', ${path})).body, before)`
}

const operationRule: Rule = (line, model) => {
  const ask = askOf(line)
  for (const [operation, pattern] of operations) {
    const entity = entityIn(model, pattern.exec(ask?.wish ?? '')?.[1] ?? '')
    if (!ask || !entity) continue
    const { only } = ask
    if (only !== null && entity.roles.has(operation) && entity.roles.get(operation) !== only) return null
    entity.operations.add(operation)
    if (only !== null) entity.roles.set(operation, only)
    return {
      rule: only === null ? `${operation} a record` : `${operation} is for one role alone`,
      says:
        only === null ? `${operation}: ${entity.nouns}` : `${operation}: ${entity.nouns}, by the role ${only} alone`,
      render: () => {
        if (only !== null) return onlyTest(entity, operation, only)
        return entity.roles.has(operation) ? null : operationTest(entity, operation)
      },
    }
  }
  return null
}

const listRule: Rule = (line, model) => {
  const wish = askOf(line)
  const match = /^(?:list|see|view|read|browse) (?:all|all the|the list of|a list of|a list of all) ([a-z]+)$/i.exec(
    wish?.wish ?? '',
  )
  const entity = entityIn(model, match?.[1] ?? '')
  if (!entity || wish?.only !== null) return null
  const render = () => `assert.deepEqual((await api.call('GET', '/${entity.path}')).body, [])
${adding(entity, 1)}
${adding(entity, 2, {}, 'second')}
const answer = await api.call('GET', '/${entity.path}')
assert.equal(answer.status, 200)
assert.deepEqual([...answer.body].sort((a, b) => Number(a.id) - Number(b.id)), [record, second])`
  return { rule: 'list all records', says: `all ${entity.nouns} are listed`, render }
}

const oneRule: Rule = (line, model) => {
  const wish = askOf(line)
  const match = /^(?:see|view|open|read|get) (?:an?|one|a single) ([a-z]+)(?: by its id)?$/i.exec(wish?.wish ?? '')
  const entity = entityIn(model, match?.[1] ?? '')
  if (!entity || wish?.only !== null) return null
  const render = () => `${adding(entity, 1)}
${adding(entity, 2, {}, 'second')}
const answer = await api.call('GET', '/${entity.path}/' + second.id)
assert.equal(answer.status, 200)
assert.deepEqual(answer.body, second)
assert.notDeepEqual(answer.body, record)`
  return { rule: 'read one record', says: `one ${entity.noun} is read by its id`, render }
}

/** Two valid values of a field that differ, smaller first. Null if its rules allow only one. */
function twoValues(field: Field, entity: Entity): [string | number, string | number] | null {
  const values = [validRecord(entity, 1)[field.key], validRecord(entity, 2)[field.key]].sort()
  const [low, high] = values
  return low === undefined || high === undefined || low === high ? null : [low, high]
}

const selections = [
  ['filters', /^filter (?:the )?(?:list of )?([a-z]+) by (.+)$/i],
  ['sorts', /^sort (?:the )?(?:list of )?([a-z]+) by (.+)$/i],
  [
    'searches',
    /^search (?:for )?(?:the )?([a-z]+) by (?:words? (?:in|of) )?(?:the |their |its )?(.+?)(?:,? (?:ignoring case|in upper or lower case))?$/i,
  ],
  ['counts', /^(?:count|see how many) (?:the )?([a-z]+) (?:by|per|there are per|there are in each) (.+)$/i],
] as const

function filterTest(entity: Entity, field: Field, low: string | number, high: string | number): string {
  return `{
  const api = await start()
  ${adding(entity, 1, { [field.key]: low }, 'first')}
  ${adding(entity, 2, { [field.key]: high }, 'second')}
  const found = async (value) => (await api.call('GET', '/${entity.path}?${field.key}=' + encodeURIComponent(value))).body
  assert.deepEqual(await found(${literal(low)}), [first])
  assert.deepEqual(await found(${literal(high)}), [second])
  assert.deepEqual(await found('no such value'), [])
}`
}

function sortTest(entity: Entity, field: Field): string {
  const values = [1, 2, 3].map((number) => validRecord(entity, number)[field.key]).sort()
  const [low, middle, high] = values
  return `{
  const api = await start()
  ${adding(entity, 1, { [field.key]: high }, 'first')}
  ${adding(entity, 2, { [field.key]: low }, 'second')}
  ${adding(entity, 3, { [field.key]: middle }, 'third')}
  const up = (await api.call('GET', '/${entity.path}?sort=${field.key}')).body
  assert.deepEqual(up.map((one) => one[${literal(field.key)}]), ${literal(values)})
  const down = (await api.call('GET', '/${entity.path}?sort=${field.key}&order=desc')).body
  assert.deepEqual(down.map((one) => one[${literal(field.key)}]), ${literal([...values].reverse())})
  for (const found of [up, down]) assert.deepEqual(new Set(found.map((one) => one.id)), new Set([first.id, second.id, third.id]))
}`
}

function searchTest(entity: Entity, field: Field): string {
  return `{
  const api = await start()
  ${adding(entity, 1, { [field.key]: 'Water the plants' }, 'first')}
  ${adding(entity, 2, { [field.key]: 'Fix the printer' }, 'second')}
  const found = async (words) => (await api.call('GET', '/${entity.path}?q=' + encodeURIComponent(words))).body
  assert.deepEqual(await found('PLANTS'), [first])
  assert.deepEqual(await found('printer'), [second])
  assert.equal((await found('the')).length, 2)
  assert.deepEqual(await found('zebra'), [])
}`
}

function countTest(entity: Entity, field: Field): string {
  const [one, two] = field.oneOf
  const expected = { ...Object.fromEntries(field.oneOf.map((value) => [value, 0])), [one ?? '']: 2, [two ?? '']: 1 }
  return `{
  const api = await start()
  ${adding(entity, 1, { [field.key]: one }, 'first')}
  ${adding(entity, 2, { [field.key]: one }, 'second')}
  ${adding(entity, 3, { [field.key]: two }, 'third')}
  assert.equal(new Set([first.id, second.id, third.id]).size, 3)
  const answer = await api.call('GET', '/${entity.path}/count?by=${field.key}')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, ${literal(expected)})
}`
}

const selectionRule: Rule = (line, model) => {
  const ask = askOf(line)
  if (ask?.only !== null) return null
  for (const [kind, pattern] of selections) {
    const match = pattern.exec(ask.wish)
    const entity = entityIn(model, match?.[1] ?? '')
    const fields = namesIn(match?.[2] ?? '')?.map((name) => entity && fieldOf(entity, name))
    if (!entity || !fields?.length) continue
    const known = fields.filter((field) => field !== undefined)
    if (known.length < fields.length) return null
    for (const field of known) entity[kind].add(field.key)
    const render = () => {
      const parts = known.map((field) => {
        const values = twoValues(field, entity)
        if (!values) return null
        if (kind === 'filters') return filterTest(entity, field, ...values)
        if (kind === 'sorts') return sortTest(entity, field)
        if (kind === 'counts') return field.oneOf.length >= 2 ? countTest(entity, field) : null
        const isFree = field.type === 'text' && field.oneOf.length === 0 && field.min <= 15 && field.max >= 16
        return isFree ? searchTest(entity, field) : null
      })
      return parts.every((part) => part !== null) ? parts.join('\n') : null
    }
    const labels = known.map((field) => field.label).join(', ')
    return { rule: `list: ${kind}`, says: `${entity.nouns}: ${kind} by ${labels}`, render }
  }
  return null
}

const markRule: Rule = (line, model) => {
  const ask = askOf(line)
  const match = /^mark (?:an? |the )?([a-z]+) as ["']?([a-z]+)["']?$/i.exec(ask?.wish ?? '')
  const entity = entityIn(model, match?.[1] ?? '')
  const value = match?.[2] ?? ''
  if (!entity || ask?.only !== null) return null
  entity.operations.add('change')
  const render = () => {
    const field = entity.fields.find((one) => one.oneOf.includes(value))
    const other = field?.oneOf.find((one) => one !== value)
    if (!field || other === undefined || entity.roles.has('change')) return null
    return `${adding(entity, 1, { [field.key]: other })}
assert.equal(record[${literal(field.key)}], ${literal(other)})
const answer = await api.call('PATCH', '/${entity.path}/' + record.id, { [${literal(field.key)}]: ${literal(value)} })
assert.equal(answer.status, 200)
const read = await api.call('GET', '/${entity.path}/' + record.id)
assert.deepEqual(read.body, { ...record, [${literal(field.key)}]: ${literal(value)} })`
  }
  return { rule: 'mark a record', says: `a ${entity.noun} is marked as ${value}`, render }
}

const newestRule: Rule = (line, model) => {
  const match = /^(?:the )?([a-z]+) are listed (?:with the )?newest first$/i.exec(line)
  const entity = entityIn(model, match?.[1] ?? '')
  if (!entity) return null
  entity.newestFirst = true
  const render = () => `${adding(entity, 1, {}, 'first')}
${adding(entity, 2, {}, 'second')}
${adding(entity, 3, {}, 'third')}
assert.deepEqual((await api.call('GET', '/${entity.path}')).body, [third, second, first])`
  return { rule: 'newest first', says: `${entity.nouns} are listed newest first`, render }
}

export const operationRules: Rule[] = [operationRule, listRule, oneRule, selectionRule, markRule, newestRule]

/** The field a sentence about "the title" or "the title of a task" means; null when two entities could be meant. */
export function fieldMeant(model: CrudModel, text: string): { entity: Entity; field: Field } | null {
  const match = /^(?:the |every |each |an? )?([a-z][a-z -]{0,40}?)(?: of (?:an?|every|each|the) ([a-z]+))?$/i.exec(
    text.trim(),
  )
  const named = match?.[2] ? entityIn(model, match[2]) : undefined
  if (match?.[2] && !named) return null
  const found = (named ? [named] : model.entities).flatMap((entity) => {
    const field = fieldOf(entity, match?.[1] ?? '')
    return field ? [{ entity, field }] : []
  })
  return found.length === 1 ? (found[0] ?? null) : null
}

import { creating, key } from '#server/scripted/packs/crud-field-rules'
import { type CrudModel, type Entity, validRecord } from '#server/scripted/packs/crud-model'
import { adding, entityIn, type Rule } from '#server/scripted/packs/crud-rules'
import { literal } from '#server/scripted/packs/sentence'

const verbs: Record<string, 'GET' | 'PATCH' | 'DELETE'> = {
  'asking for': 'GET',
  opening: 'GET',
  reading: 'GET',
  changing: 'PATCH',
  editing: 'PATCH',
  deleting: 'DELETE',
}
const unknownRecord =
  /^(.{5,60}?) an? (?:unknown ([a-z]+)|([a-z]+) that (?:does not|doesn't) exist) (?:answers|is answered with|returns)(?: with)?(?: status)? 404(?: not found)?$/i

/** "Reading, changing or deleting a task that does not exist answers 404." */
const missingRule: Rule = (line, model) => {
  const match = unknownRecord.exec(line)
  const entity = entityIn(model, match?.[2] ?? match?.[3] ?? '')
  const names = (match?.[1] ?? '').toLowerCase().split(/\s*,\s*(?:or |and )?|\s+(?:or|and)\s+/)
  const methods = names.map((name) => verbs[name])
  if (!entity || methods.some((method) => method === undefined)) return null
  const render = () => {
    const needs = { GET: true, PATCH: entity.operations.has('change'), DELETE: entity.operations.has('delete') }
    if (methods.some((method) => method && !needs[method])) return null
    const calls = methods.map((method) => {
      const operation = method === 'DELETE' ? 'delete' : 'change'
      const role = method === 'GET' ? 'null' : literal(entity.roles.get(operation) ?? null)
      const body = method === 'PATCH' ? literal(validRecord(entity, 2)) : 'undefined'
      return `for (const id of ['0', '999', 'no-such-id']) {
  assert.equal((await api.call('${method}', '/${entity.path}/' + id, ${body}, ${role})).status, 404)
}`
    })
    return `${adding(entity, 1)}\n${calls.join('\n')}\nassert.deepEqual((await api.call('GET', '/${entity.path}')).body, [record])`
  }
  return { rule: 'unknown record', says: `an unknown ${entity.noun} answers 404`, render }
}

/** "A request that is not valid JSON is refused with 400." */
const jsonRule: Rule = (line, model) => {
  const entity = model.entities[0]
  if (
    !entity ||
    !/^a request that is not (?:valid )?json (?:answers|is answered with|is refused with)(?: status)? 400$/i.test(line)
  )
    return null
  const role = () => literal(entity.roles.get('create') ?? null)
  const render = () => `for (const text of ['', '{', 'title=x', '{"a":1,}', 'undefined']) {
  const answer = await api.raw('POST', '/${entity.path}', text, ${role()})
  assert.equal(answer.status, 400)
}
assert.deepEqual((await api.call('GET', '/${entity.path}')).body, [])`
  return { rule: 'broken JSON', says: 'a request that is not valid JSON answers 400', render }
}

/** "Tasks are still there after a restart." */
const restartRule: Rule = (line, model) => {
  const match =
    /^(?:all )?([a-z]+) (?:survive|are (?:kept|still there) after) a restart(?: of the (?:server|service))?$/i.exec(
      line,
    )
  const entity = entityIn(model, match?.[1] ?? '')
  if (!entity) return null
  model.persistent = true
  const render = () => `const folder = mkdtempSync(join(tmpdir(), 'restart-'))
try {
  const file = join(folder, 'data.json')
  const before = await start(file)
  const made = []
  for (const values of ${literal([1, 2, 3].map((number) => validRecord(entity, number)))}) {
    made.push(await before.add('${entity.path}', values, ${literal(entity.roles.get('create') ?? null)}))
  }
  await before.stop()
  const after = await start(file)
  const found = (await after.call('GET', '/${entity.path}')).body
  assert.deepEqual(found.sort((a, b) => Number(a.id) - Number(b.id)), made)
  const next = await after.add('${entity.path}', ${literal(validRecord(entity, 4))}, ${literal(entity.roles.get('create') ?? null)})
  assert.ok(!made.some((one) => one.id === next.id))
} finally {
  rmSync(folder, { recursive: true, force: true })
}`
  return { rule: 'kept over a restart', says: `${entity.nouns} are still there after a restart`, render }
}

/** "Every error answer has a message that says what is wrong." */
const messageRule: Rule = (line, model) => {
  const entity = model.entities[0]
  const pattern =
    /^every (?:error answer|error|refused request) (?:has|is answered with|comes with) a message that says what is wrong$/i
  if (!entity || !pattern.test(line)) return null
  const render = () => messageTest(model, entity)
  return { rule: 'errors say what is wrong', says: 'every error answer says what is wrong', render }
}

function messageTest(model: CrudModel, entity: Entity): string | null {
  const field = entity.fields.find((one) => one.required)
  if (!field) return null
  const roles = model.entities.flatMap((one) => [...one.roles].map(([operation, role]) => ({ one, operation, role })))
  const denied = roles.map(({ one, operation, role }) => {
    const [method, id] =
      operation === 'create' ? ['POST', ''] : operation === 'change' ? ['PATCH', '/1'] : ['DELETE', '/1']
    return `says(await api.call('${method}', '/${one.path}${id}', {}), 403, ${literal(role)})`
  })
  const unique = entity.fields.find((one) => one.unique)
  const taken = unique
    ? `\n${adding(entity, 1)}\nassert.ok(record.id)\nsays(${creating(entity, '...{}')}, 409, ${literal(unique.label)})`
    : ''
  return `const says = (answer, status, word) => {
  assert.equal(answer.status, status)
  assert.equal(typeof answer.body.message, 'string')
  assert.ok(answer.body.message.includes(word), answer.body.message)
}
says(${creating(entity, `${key(field)}: ''`)}, 400, ${literal(field.label)})
says(await api.raw('POST', '/${entity.path}', '{', ${literal(entity.roles.get('create') ?? null)}), 400, 'JSON')
says(await api.call('GET', '/${entity.path}/999'), 404, '999')
says(await api.call('GET', '/nowhere'), 404, 'address')
says(await api.call('PUT', '/${entity.path}'), 405, 'not possible')
${denied.join('\n')}${taken}`
}

/** Rules about what the server answers when something goes wrong, and what it keeps. */
export const answerRules: Rule[] = [missingRule, jsonRule, restartRule, messageRule]

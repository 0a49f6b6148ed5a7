import type { CrudModel, Entity } from '#server/scripted/packs/crud-model'
import { validRecord } from '#server/scripted/packs/crud-model'
import { adding } from '#server/scripted/packs/crud-rules'
import { type Claim, literal, taggedTest } from '#server/scripted/packs/sentence'

const testHead = `import assert from 'node:assert/strict'\nimport { test } from 'node:test'\n`

export function storeTests(): string {
  return `import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createStore } from '../implementation/src/store.js'
${`
test('the store keeps, changes and removes records', () => {
  const store = createStore()
  const first = store.add('things', { name: 'a' })
  const second = store.add('things', { name: 'b' })
  assert.notEqual(first.id, second.id)
  assert.deepEqual(store.all('things'), [first, second])
  assert.deepEqual(store.replace('things', first.id, { name: 'c' }), { name: 'c', id: first.id })
  assert.deepEqual(store.get('things', first.id), { name: 'c', id: first.id })
  assert.equal(store.remove('things', first.id), true)
  assert.equal(store.remove('things', first.id), false)
  assert.equal(store.get('things', first.id), null)
  assert.equal(store.replace('things', 'unknown', {}), null)
  assert.deepEqual(store.all('others'), [])
})

test('what the store hands out is a copy', () => {
  const store = createStore()
  const { id } = store.add('things', { name: 'a' })
  store.get('things', id).name = 'changed'
  store.all('things')[0].name = 'changed'
  assert.equal(store.get('things', id).name, 'a')
})

test('a new store on the same file goes on where the old one stopped', () => {
  const folder = mkdtempSync(join(tmpdir(), 'store-'))
  try {
    const file = join(folder, 'data.json')
    const before = createStore(file)
    const first = before.add('things', { name: 'a' })
    const second = before.add('things', { name: 'b' })
    before.remove('things', second.id)
    const after = createStore(file)
    assert.deepEqual(after.all('things'), [first])
    assert.notEqual(after.add('things', { name: 'c' }).id, second.id)
    assert.deepEqual(readdirSync(folder), ['data.json'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
`}`
}

export function validationTests(model: CrudModel): string {
  const valid = Object.fromEntries(model.entities.map((entity) => [entity.path, validRecord(entity, 1)]))
  return `${testHead}import { complete, fields, problems } from '../implementation/src/validation.js'

const valid = ${literal(valid)}
${`
for (const [collection, rules] of Object.entries(fields)) {
  const broken = (key, value) => problems(collection, { ...valid[collection], [key]: value }).map((one) => one.field)

  test('a valid record breaks no rule: ' + collection, () => {
    assert.deepEqual(problems(collection, valid[collection]), [])
    assert.deepEqual(complete(collection, { ...valid[collection], unknown: 1 }), valid[collection])
  })

  for (const rule of rules) {
    test('the rules hold for ' + collection + ': ' + rule.label, () => {
      assert.deepEqual(broken(rule.key, undefined), rule.required ? [rule.key] : [])
      assert.deepEqual(broken(rule.key, '  '), rule.required ? [rule.key] : [])
      assert.deepEqual(broken(rule.key, { not: 'a text' }), [rule.key])
      assert.deepEqual(broken(rule.key, 'x'.repeat(rule.max + 1)), [rule.key])
      if (rule.min > 1) assert.deepEqual(broken(rule.key, 'x'.repeat(rule.min - 1)), [rule.key])
      if (rule.oneOf.length > 0) assert.deepEqual(broken(rule.key, 'none of them'), [rule.key])
      if (rule.type === 'date') assert.deepEqual(broken(rule.key, '2030-02-30'), [rule.key])
      for (const value of rule.oneOf) assert.deepEqual(broken(rule.key, value), [])
      if (rule.byDefault !== null) assert.equal(complete(collection, {})[rule.key], rule.byDefault)
    })
  }
}
`}`
}

export function retentionTests(archive: boolean): string {
  const body = archive
    ? `test('a retired record is archived and comes back unchanged', () => {
  const record = { id: '1', title: 'a' }
  const kept = retire(record)
  assert.equal(restorable, true)
  assert.equal(isArchived(kept), true)
  assert.deepEqual(restored(kept), record)
  assert.equal(isArchived(record), false)
})`
    : `test('nothing is kept of a retired record', () => {
  const record = { id: '1', title: 'a' }
  assert.equal(restorable, false)
  assert.equal(retire(record), null)
  assert.equal(isArchived(record), false)
  assert.deepEqual(restored(record), record)
})`
  return `${testHead}import { isArchived, restorable, restored, retire } from '../implementation/src/retention.js'\n\n${body}\n`
}

/** The test of the way a person chose, over HTTP and over a restart. */
export function choiceTest(entity: Entity, archive: boolean): string {
  const path = `/${entity.path}`
  const role = literal(entity.roles.get('delete') ?? null)
  const head = `const folder = mkdtempSync(join(tmpdir(), 'deleted-'))
try {
  const file = join(folder, 'data.json')
  const api = await start(file)
  ${adding(entity, 1)}
  assert.equal((await api.call('DELETE', '${path}/' + record.id, undefined, ${role})).status, 204)
  assert.deepEqual((await api.call('GET', '${path}')).body, [])
  assert.equal((await api.call('GET', '${path}/' + record.id)).status, 404)
  await api.stop()
  const later = await start(file)`
  const kept = `  assert.deepEqual((await later.call('GET', '${path}/archived')).body.map((one) => one.id), [record.id])
  const back = await later.call('POST', '${path}/' + record.id + '/restore', undefined, ${role})
  assert.equal(back.status, 200)
  assert.deepEqual((await later.call('GET', '${path}')).body, [record])
  assert.deepEqual((await later.call('GET', '${path}/archived')).body, [])`
  const gone = `  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')).collections[${literal(entity.path)}], [])
  assert.equal((await later.call('POST', '${path}/' + record.id + '/restore', undefined, ${role})).status, 404)
  assert.deepEqual((await later.call('GET', '${path}')).body, [])`
  return `${head}\n${archive ? kept : gone}\n} finally {\n  rmSync(folder, { recursive: true, force: true })\n}`
}

/** The tests that prove statements: they drive the real server over HTTP on a free port. */
export function apiTests(claims: Claim[]): string {
  const bodies = claims.map((claim) => claim.body).join('\n')
  const fs = ['mkdtempSync', 'readFileSync', 'rmSync'].filter((name) => bodies.includes(name))
  const files =
    fs.length > 0
      ? `import { ${fs.join(', ')} } from 'node:fs'\nimport { tmpdir } from 'node:os'\nimport { join } from 'node:path'\n`
      : ''
  const general = `
test('the server answers at known addresses only', async () => {
  const api = await start()
  assert.equal((await api.call('GET', '/no-such-address')).status, 404)
  assert.equal((await api.call('GET', '/constructor')).status, 404)
})
`
  return `import assert from 'node:assert/strict'
${files}import { after, test } from 'node:test'
import { createServer } from '../implementation/src/server.js'
${`
const running = new Set()

/** Starts a server of its own for one test; with a file, records are kept in it. */
async function start(file = null) {
  const server = createServer({ file })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  running.add(server)
  const base = 'http://127.0.0.1:' + server.address().port
  const raw = async (method, path, text, role = null) => {
    const headers = role === null ? {} : { 'x-role': role }
    const answer = await fetch(base + path, { method, body: text, headers: { ...headers, connection: 'close' } })
    const body = await answer.text()
    return { status: answer.status, body: body === '' ? null : JSON.parse(body) }
  }
  const call = (method, path, body, role) => raw(method, path, body === undefined ? undefined : JSON.stringify(body), role)
  const add = async (collection, values, role) => {
    const answer = await call('POST', '/' + collection, values, role)
    assert.equal(answer.status, 201)
    return answer.body
  }
  return { raw, call, add, stop: () => stop(server) }
}

async function stop(server) {
  running.delete(server)
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}

after(async () => {
  for (const server of running) await stop(server)
})
`}${general}
${claims.map(taggedTest).join('\n')}`
}

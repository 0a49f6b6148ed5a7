import type { CrudModel } from '#server/scripted/packs/crud-model'
import { literal } from '#server/scripted/packs/sentence'

/** The generated store: records by collection, in memory or in one JSON file that is replaced as a whole. */
export function storeFile(): string {
  return String.raw`import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

/** Keeps records by collection, in memory, or in one JSON file when a path is given. */
export function createStore(file = null) {
  const kept = file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { lastId: 0, collections: {} }

  function save() {
    if (!file) return
    // a crash while writing leaves the old file whole
    writeFileSync(file + '.part', JSON.stringify(kept, null, 2))
    renameSync(file + '.part', file)
  }

  function records(collection) {
    kept.collections[collection] ??= []
    return kept.collections[collection]
  }

  return {
    all: (collection) => records(collection).map((record) => ({ ...record })),
    get: (collection, id) => {
      const found = records(collection).find((record) => record.id === id)
      return found ? { ...found } : null
    },
    add(collection, values) {
      kept.lastId += 1
      const record = { ...values, id: String(kept.lastId) }
      records(collection).push(record)
      save()
      return { ...record }
    },
    replace(collection, id, record) {
      const at = records(collection).findIndex((one) => one.id === id)
      if (at < 0) return null
      records(collection)[at] = { ...record, id }
      save()
      return { ...record, id }
    },
    remove(collection, id) {
      const at = records(collection).findIndex((record) => record.id === id)
      if (at < 0) return false
      records(collection).splice(at, 1)
      save()
      return true
    },
  }
}
`
}

/** The generated field rules as data, and the few lines that apply them. */
export function validationFile(model: CrudModel): string {
  const data = model.entities.map((entity) => {
    const rows = entity.fields.map((field) => `    ${literal(field)},`)
    return `  ${literal(entity.path)}: [\n${rows.join('\n')}\n  ],`
  })
  return `export const fields = {\n${data.join('\n')}\n}\n${String.raw`
function isDate(value) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false
  const time = new Date(value + 'T00:00:00Z')
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(value)
}

function problemWith(field, value) {
  const isMissing = value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  if (isMissing) return field.required ? field.label + ' is required' : null
  if (field.type === 'number') return typeof value === 'number' ? null : field.label + ' must be a number'
  if (typeof value !== 'string') return field.label + ' must be a text'
  if (field.type === 'date' && !isDate(value)) return field.label + ' must be a date like 2030-01-31'
  const length = [...value].length
  if (length < field.min) return field.label + ' needs at least ' + field.min + ' characters'
  if (length > field.max) return field.label + ' may have at most ' + field.max + ' characters'
  if (field.oneOf.length > 0 && !field.oneOf.includes(value)) {
    return field.label + ' must be one of ' + field.oneOf.join(', ')
  }
  return null
}

/** Every rule that the values break, as { field, message }; empty when they are fine. */
export function problems(collection, values) {
  const broken = fields[collection].map((field) => ({ field: field.key, message: problemWith(field, values[field.key]) }))
  return broken.filter((one) => one.message !== null)
}

/** The known fields of the values, defaults filled in. */
export function complete(collection, values) {
  const entries = fields[collection].map((field) => [field.key, values[field.key] ?? field.byDefault])
  return Object.fromEntries(entries)
}
`}`
}

/** What becomes of a deleted record: the unit that depends on a person's choice. */
export function retentionFile(archive: boolean): string {
  const keep = String.raw`/** Deleted records are archived: hidden from every list, and restorable. */
export const restorable = true

/** The record to keep in the archive. */
export function retire(record) {
  return { ...record, archived: true }
}
`
  const drop = String.raw`/** Deleted records are removed for good. */
export const restorable = false

/** Nothing is kept of a deleted record. */
export function retire(_record) {
  return null
}
`
  return `${archive ? keep : drop}${String.raw`
export function isArchived(record) {
  return record.archived === true
}

/** The record as it was before it was deleted. */
export function restored(record) {
  const { archived: _archived, ...rest } = record
  return rest
}
`}`
}

const withoutRetention = String.raw`const restorable = false
const retire = () => null
const isArchived = () => false
const restored = (record) => record
`

/** The generated HTTP API on node:http. */
export function serverFile(model: CrudModel): string {
  const table = model.entities.map((entity) => {
    const facts = {
      noun: entity.noun,
      operations: [...entity.operations].sort(),
      filters: [...entity.filters].sort(),
      sorts: [...entity.sorts].sort(),
      searches: [...entity.searches].sort(),
      counts: [...entity.counts].sort(),
      roles: Object.fromEntries([...entity.roles].sort()),
      newestFirst: entity.newestFirst,
    }
    return `  ${literal(entity.path)}: ${literal(facts)},`
  })
  const retention = model.choice ? `import { isArchived, restorable, restored, retire } from './retention.js'\n` : ''
  const imports = `import http from 'node:http'\n${retention}import { createStore } from './store.js'\nimport { complete, fields, problems } from './validation.js'\n`
  const head = `${imports}\n${model.choice ? '' : `${withoutRetention}\n`}const resources = {\n${table.join('\n')}\n}\n`
  return `${head}${serverBody}`
}

const serverBody = String.raw`
class Refusal extends Error {
  constructor(status, message, details = []) {
    super(message)
    this.status = status
    this.details = details
  }
}

async function readBody(request) {
  const parts = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size > 1_000_000) throw new Refusal(413, 'the request is larger than 1 MB')
    parts.push(part)
  }
  let body
  try {
    body = JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch {
    throw new Refusal(400, 'the request is not valid JSON')
  }
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new Refusal(400, 'the request must be a JSON object')
  }
  return body
}

function check(store, collection, values, ownId) {
  const broken = problems(collection, values)
  if (broken.length > 0) throw new Refusal(400, broken.map((one) => one.message).join('; '), broken)
  for (const field of fields[collection].filter((one) => one.unique)) {
    const isTaken = store
      .all(collection)
      .some((record) => !isArchived(record) && record.id !== ownId && record[field.key] === values[field.key])
    if (isTaken && values[field.key] != null) throw new Refusal(409, field.label + ' is already taken')
  }
}

function allow(resource, operation, request) {
  if (!resource.operations.includes(operation)) throw new Refusal(405, 'this is not possible here')
  const role = resource.roles[operation]
  if (role && request.headers['x-role'] !== role) throw new Refusal(403, 'only a ' + role + ' may do this')
}

function list(store, collection, resource, query) {
  let found = store.all(collection).filter((record) => !isArchived(record))
  for (const key of resource.filters) {
    if (query.has(key)) found = found.filter((record) => String(record[key]) === query.get(key))
  }
  const words = query.get('q')?.toLowerCase()
  if (words && resource.searches.length > 0) {
    found = found.filter((record) => resource.searches.some((key) => String(record[key] ?? '').toLowerCase().includes(words)))
  }
  if (resource.newestFirst) found.reverse()
  const sort = query.get('sort')
  if (sort !== null) {
    if (!resource.sorts.includes(sort)) throw new Refusal(400, 'the list cannot be sorted by ' + sort)
    const sign = query.get('order') === 'desc' ? -1 : 1
    const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
    found.sort((a, b) => sign * compare(a[sort] ?? '', b[sort] ?? ''))
  }
  return found
}

function count(store, collection, resource, key) {
  if (!resource.counts.includes(key)) throw new Refusal(400, 'nothing is counted by ' + key)
  const values = fields[collection].find((field) => field.key === key).oneOf
  const counts = Object.fromEntries(values.map((value) => [value, 0]))
  for (const record of store.all(collection).filter((one) => !isArchived(one))) {
    counts[record[key]] = (counts[record[key]] ?? 0) + 1
  }
  return counts
}

function existing(store, collection, resource, id, archived = false) {
  const record = store.get(collection, id)
  if (!record || isArchived(record) !== archived) throw new Refusal(404, 'there is no ' + resource.noun + ' ' + id)
  return record
}

async function collectionAnswer(store, collection, resource, request, query) {
  if (request.method === 'GET') return [200, list(store, collection, resource, query)]
  if (request.method !== 'POST') throw new Refusal(405, 'this is not possible here')
  allow(resource, 'create', request)
  const values = complete(collection, await readBody(request))
  check(store, collection, values, null)
  return [201, store.add(collection, values)]
}

async function recordAnswer(store, collection, resource, request, id) {
  if (request.method === 'GET') return [200, existing(store, collection, resource, id)]
  if (request.method === 'PATCH') {
    allow(resource, 'change', request)
    const before = existing(store, collection, resource, id)
    const values = complete(collection, { ...before, ...(await readBody(request)) })
    check(store, collection, values, id)
    return [200, store.replace(collection, id, values)]
  }
  if (request.method !== 'DELETE') throw new Refusal(405, 'this is not possible here')
  allow(resource, 'delete', request)
  const kept = retire(existing(store, collection, resource, id))
  if (kept) store.replace(collection, id, kept)
  else store.remove(collection, id)
  return [204, null]
}

async function answer(store, request) {
  const url = new URL(request.url, 'http://localhost')
  const [collection, id, action, ...rest] = url.pathname.split('/').slice(1)
  const resource = Object.hasOwn(resources, collection) ? resources[collection] : null
  if (!resource || rest.length > 0) throw new Refusal(404, 'there is nothing at this address')
  if (id === undefined) return collectionAnswer(store, collection, resource, request, url.searchParams)
  if (action === undefined && id === 'count' && request.method === 'GET') {
    return [200, count(store, collection, resource, url.searchParams.get('by') ?? '')]
  }
  if (action === undefined && id === 'archived' && restorable && request.method === 'GET') {
    return [200, store.all(collection).filter(isArchived)]
  }
  if (action === undefined) return recordAnswer(store, collection, resource, request, id)
  if (action !== 'restore' || !restorable || request.method !== 'POST') {
    throw new Refusal(404, 'there is nothing at this address')
  }
  allow(resource, 'delete', request)
  return [200, store.replace(collection, id, restored(existing(store, collection, resource, id, true)))]
}

/** The HTTP API; without a file everything is kept in memory. Call listen() on what it returns. */
export function createServer({ file = null } = {}) {
  const store = createStore(file)
  return http.createServer(async (request, response) => {
    let status = 500
    let body = { message: 'something went wrong on our side' }
    try {
      ;[status, body] = await answer(store, request)
    } catch (error) {
      if (error instanceof Refusal) {
        status = error.status
        body = { message: error.message, details: error.details }
      }
    }
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    response.end(body === null ? '' : JSON.stringify(body))
  })
}
`

/** Starts the API from the command line. */
export function mainFile(): string {
  return String.raw`import { createServer } from './server.js'

const port = Number(process.env.PORT ?? 3000)
const file = process.env.DATA_FILE ?? 'data.json'
createServer({ file }).listen(port, '127.0.0.1', () => {
  console.log('listening on http://127.0.0.1:' + port)
})
`
}

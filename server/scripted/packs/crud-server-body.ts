/** The part of the generated server that is the same for every model: routing, refusals, lists and counts. */
export const serverBody = `
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

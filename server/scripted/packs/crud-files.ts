import type { CrudModel } from '#server/scripted/packs/crud-model'
import { serverBody } from '#server/scripted/packs/crud-server-body'
import { literal } from '#server/scripted/packs/sentence'

/** The generated store: records by collection, in memory or in one JSON file that is replaced as a whole. */
export function storeFile(): string {
  return `import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

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
  const keep = `/** Deleted records are archived: hidden from every list, and restorable. */
export const restorable = true

/** The record to keep in the archive. */
export function retire(record) {
  return { ...record, archived: true }
}
`
  const drop = `/** Deleted records are removed for good. */
export const restorable = false

/** Nothing is kept of a deleted record. */
export function retire(_record) {
  return null
}
`
  return `${archive ? keep : drop}${`
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

const withoutRetention = `const restorable = false
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

/** Starts the API from the command line. */
export function mainFile(): string {
  return `import { createServer } from './server.js'

const port = Number(process.env.PORT ?? 3000)
const file = process.env.DATA_FILE ?? 'data.json'
createServer({ file }).listen(port, '127.0.0.1', () => {
  console.log('listening on http://127.0.0.1:' + port)
})
`
}

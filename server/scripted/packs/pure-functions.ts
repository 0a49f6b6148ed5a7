import vm from 'node:vm'
import type { CatalogueEntry, Parameters } from '#server/scripted/packs/catalogue-model'
import { catalogue } from '#server/scripted/packs/function-catalogue'
import type { BuildUnit, Pack, Source, SourceStatement } from '#server/scripted/packs/ports'
import { type Claim, literal, simplified, taggedTest } from '#server/scripted/packs/sentence'

/** Well-known functions, by the sentences about them and by examples that the catalogue's function reproduces. */
export const pureFunctions: Pack = {
  name: 'pure-functions',
  compile(source) {
    const made = catalogue.flatMap((entry) => {
      const parameters = parametersOf(entry, source)
      const claims = source.statements.flatMap((statement) => claimOf(entry, parameters, statement) ?? [])
      return claims.length > 0 ? [{ entry, parameters, claims }] : []
    })
    if (made.length === 0) return null
    return {
      units: made.map(({ entry, parameters, claims }) => unitOf(entry, parameters, claims)),
      covered: made.flatMap(({ claims }) => claims.map(({ ref, rule }) => ({ ref, rule }))),
      summary: `Functions in JavaScript: ${made.map(({ entry }) => entry.title.toLowerCase()).join(', ')}.`,
    }
  },
}

function parametersOf(entry: CatalogueEntry, source: Source): Parameters {
  const found: Parameters = {}
  for (const [name, pattern] of Object.entries(entry.parameters)) {
    for (const statement of source.statements) {
      const value = pattern.exec(simplified(statement) ?? '')?.[1]
      if (value !== undefined) found[name] ??= Number(value)
    }
  }
  return found
}

function claimOf(entry: CatalogueEntry, parameters: Parameters, statement: SourceStatement): Claim | null {
  const line = simplified(statement)
  if (line === null) return null
  for (const rule of entry.rules) {
    const match = rule.asks.exec(line)
    const isHere = rule.section === undefined || rule.section.test(statement.section)
    const body = match && isHere ? rule.body(match, parameters) : null
    if (body !== null) return { ref: statement.ref, rule: rule.rule, says: rule.says, body }
  }
  return exampleClaim(entry, parameters, statement.ref, line)
}

const example = /^`?([a-zA-Z]\w{0,40})\((.{0,200})\)`? (?:returns|gives|yields|equals|is|→|=>) `?(.{1,200}?)`?$/

/** "`slugify('Hello World')` gives 'hello-world'": counted only if the function, written without looking, agrees. */
function exampleClaim(entry: CatalogueEntry, parameters: Parameters, ref: string, line: string): Claim | null {
  const match = example.exec(line)
  const name = match?.[1] ?? ''
  if (!match || !entry.names.includes(name)) return null
  const given = jsonOf(`[${match[2]}]`)
  const wanted = jsonOf(match[3] ?? '')
  if (!Array.isArray(given) || wanted === undefined) return null
  if (resultOf(entry.source(parameters), name, given) !== JSON.stringify(wanted)) return null
  const body = `assert.deepEqual(made.${name}(...${literal(given)}), ${literal(wanted)})`
  return { ref, rule: `example of ${name}`, says: `${name} gives what the example says`, body }
}

/** JSON that may have single quotes; undefined when it is none. */
function jsonOf(text: string): unknown {
  const doubled = text.replaceAll(/"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'/g, (all, inner?: string) =>
    inner === undefined ? all : JSON.stringify(inner.replaceAll(/\\(.)/g, '$1')),
  )
  try {
    return JSON.parse(doubled)
  } catch {
    return undefined
  }
}

/**
 * Runs the catalogue's own source (never text of a requirement) on an example's values, in an empty context and for at
 * most half a second. Undefined when it throws or takes longer.
 */
function resultOf(source: string, name: string, given: unknown[]): string | undefined {
  const program = `${source.replaceAll(/^export /gm, '')};JSON.stringify(${name}(...JSON.parse(given)))`
  try {
    const result: unknown = vm.runInNewContext(program, { given: JSON.stringify(given) }, { timeout: 500 })
    return typeof result === 'string' ? result : undefined
  } catch {
    return undefined
  }
}

function unitOf(entry: CatalogueEntry, parameters: Parameters, claims: Claim[]): BuildUnit {
  const refs = claims.map((claim) => claim.ref)
  const path = `implementation/functions/${entry.key}.js`
  const test = `tests/functions-${entry.key}.test.js`
  const text = `import assert from 'node:assert/strict'
${entry.testImports}import { test } from 'node:test'
import * as made from '../${path}'

${claims.map(taggedTest).join('\n')}`
  return {
    key: `functions-${entry.key}`,
    title: entry.title,
    kind: 'implement',
    capability: 'code',
    instructions: `Write the functions of ${path} and the tests that show each statement.`,
    dependsOn: [],
    statements: refs,
    files: [
      { path, text: entry.source(parameters) },
      { path: test, text },
    ],
    acceptance: [
      { id: 'A1', text: `${entry.title}: every test passes.`, command: `node --test ${test}`, proves: refs },
    ],
  }
}

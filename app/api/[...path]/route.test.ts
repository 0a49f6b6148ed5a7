import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as route from './route'

test('every method of the REST API gets through to it', () => {
  const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as { paths: Record<string, object> }
  const methods = new Set(Object.values(paths).flatMap((path) => Object.keys(path)))
  expect(Object.keys(route).sort()).toEqual([...methods].map((method) => method.toUpperCase()).sort())
})

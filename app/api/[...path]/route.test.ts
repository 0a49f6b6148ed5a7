import { expect, test } from 'vitest'
import { app } from '#server/rest/app'
import { openApiDocument } from '#server/rest/openapi'
import * as route from './route'

test('every method of the REST API gets through to it', () => {
  const paths = Object.values(openApiDocument(app).paths ?? {})
  const methods = new Set(paths.flatMap((path) => Object.keys(path)).map((method) => method.toUpperCase()))
  expect(Object.keys(route).sort()).toEqual([...methods].sort())
})

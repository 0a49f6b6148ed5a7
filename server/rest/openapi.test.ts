import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { app } from './app'
import { openApiDocument } from './openapi'

test('docs/openapi.json is what the routes say (npm run openapi writes it)', () => {
  const file = path.resolve(import.meta.dirname, '../../docs/openapi.json')
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(openApiDocument(app))))
})

test('every route names its failures, and every operation has a summary', () => {
  const paths = Object.values(openApiDocument(app).paths ?? {}) as Record<
    string,
    { summary?: string; responses: object }
  >[]
  for (const operation of paths.flatMap((methods) => Object.values(methods))) {
    expect(operation.summary).toBeTruthy()
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '403', '429']))
  }
})

import { describe, expect, test } from 'vitest'
import { crossSiteProblem } from './cross-site'

const own = ['localhost:3000', 'orchestrator.example.com']
const json = { 'content-type': 'application/json' }
const problem = (method: string, headers: Record<string, string>) => crossSiteProblem(method, new Headers(headers), own)

describe('a request with a session cookie', () => {
  test.each([
    ['our page', { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:3000' }],
    ['our page under its public name', { 'sec-fetch-site': 'same-origin', origin: 'https://orchestrator.example.com' }],
    ['our page in a browser without fetch metadata', { origin: 'http://localhost:3000' }],
    ['our page, where the browser leaves the origin out', { 'sec-fetch-site': 'same-origin' }],
  ])('may change something from %s', (_, headers) => expect(problem('POST', { ...headers, ...json })).toBeNull())

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a sibling domain', { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }],
    ['a name that begins like ours', { origin: 'http://localhost:3000.evil.example' }],
    ['another port', { origin: 'http://localhost:3001' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['garbage', { origin: '%%%' }],
    ['a typed address', { 'sec-fetch-site': 'none' }],
    ['a program', {}],
  ])('may not from %s', (_, headers) => expect(problem('POST', { ...headers, ...json })).not.toBeNull())

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'may not send %s, which forms can',
    (type) => {
      const headers = { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:3000', 'content-type': type }
      expect(problem('POST', headers)).toContain('JSON')
    },
  )

  test('may read from anywhere: the browser does not show the answer to another origin', () => {
    for (const method of ['GET', 'HEAD']) expect(problem(method, { 'sec-fetch-site': 'cross-site' })).toBeNull()
  })
})

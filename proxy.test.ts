import { unstable_doesMiddlewareMatch as reaches } from 'next/experimental/testing/server'
import { expect, test } from 'vitest'
import { config } from './proxy'

test.each<[string, Record<string, string>]>([
  ['a page', {}],
  // Browsers prerender what is typed into the address bar, and then show that very page.
  ['a page that a browser fetches ahead', { purpose: 'prefetch', 'sec-purpose': 'prefetch;prerender' }],
])('%s gets a content security policy', (_, headers) => {
  for (const url of ['/', '/projects', '/d/token', '/sign-in'])
    expect(reaches({ config, url: `http://localhost:3000${url}`, headers })).toBe(true)
})

test.each(['/api/health', '/_next/static/chunk.js'])('%s is no page', (url) => {
  expect(reaches({ config, url: `http://localhost:3000${url}` })).toBe(false)
})

import { MutationObserver, onlineManager } from '@tanstack/react-query'
import { afterEach, expect, it } from 'vitest'
import { createQueries, errorText } from './trpc'

afterEach(() => onlineManager.setOnline(true))

it('a change fails at once while offline, and is not made later', async () => {
  onlineManager.setOnline(false)
  let calls = 0
  const change = new MutationObserver(createQueries(), {
    mutationFn: () => {
      calls += 1
      return Promise.reject(new TypeError('Failed to fetch'))
    },
  })
  const error = await change.mutate().catch((reason: unknown) => reason)
  expect(errorText(error)).toContain('could not be reached')
  onlineManager.setOnline(true)
  await Promise.resolve()
  expect(calls).toBe(1)
})

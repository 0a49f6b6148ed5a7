import { expect, test } from 'vitest'
import { describedTypes } from '#server/audit/rules/describe'
import { events } from './events'
import { flow, jobLanes } from './flow'

test('what sets work in motion is in the catalogue, and what it sets in motion is a job', () => {
  expect(Object.keys(flow).filter((type) => !(type in events))).toEqual([])
  expect(
    Object.values(flow)
      .flat()
      .filter((job) => !(job in jobLanes)),
  ).toEqual([])
})

test('every event has a name of the form noun.verb-past and a sentence for people', () => {
  for (const type of Object.keys(events)) expect(type).toMatch(/^[a-z-]+\.[a-z-]+$/)
  expect(Object.keys(events).filter((type) => !describedTypes.includes(type))).toEqual([])
})

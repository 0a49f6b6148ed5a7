import { beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { changeProject, createProject } from './commands'
import { findProject, listProjects } from './queries'

let acme: TestOrganization
let other: TestOrganization

beforeAll(async () => {
  acme = await makeOrganization()
  other = await makeOrganization('Other')
})

test('projects made at once under one name get different short names', async () => {
  const scope = acme.people.admin.scope
  const made = await Promise.all(
    Array.from({ length: 5 }, () => createProject(scope, { name: 'Große Änderung!', providerMode: 'scripted' })),
  )
  expect(new Set(made.map((project) => project.slug))).toEqual(
    new Set(['grosse-anderung', 'grosse-anderung-2', 'grosse-anderung-3', 'grosse-anderung-4', 'grosse-anderung-5']),
  )
})

test('another organization may have the same short name and sees nothing', async () => {
  const own = await createProject(acme.people.admin.scope, { name: 'Shop', providerMode: 'scripted' })
  const theirs = await createProject(other.people.admin.scope, { name: 'Shop', providerMode: 'live' })
  expect([own.slug, theirs.slug]).toEqual(['shop', 'shop'])
  expect((await findProject(other.people.viewer.scope, 'shop')).id).toBe(theirs.id)
  await expect(findProject(other.people.viewer.scope, own.id)).rejects.toMatchObject({ code: 'project-not-found' })
  await expect(changeProject(other.people.owner.scope, { projectId: own.id, name: 'x' })).rejects.toMatchObject({
    code: 'project-not-found',
  })
  const listed = await listProjects(other.people.viewer.scope)
  expect(listed.map((project) => project.id)).not.toContain(own.id)
})

test('a change keeps what was not given and tells before and after; no change tells nothing', async () => {
  const scope = acme.people.admin.scope
  const { id } = await createProject(scope, { name: 'Settings', providerMode: 'scripted' })
  await changeProject(scope, { projectId: id, planApproval: 'automatic' })
  await changeProject(scope, { projectId: id, planApproval: 'automatic' })
  const events = await database().event.findMany({ where: { projectId: id, type: 'project.changed' } })
  expect(events.map((event) => event.payload)).toEqual([
    {
      name: 'Settings',
      providerMode: 'scripted',
      planApproval: 'automatic',
      riskyCalls: 'allow',
      maxConcurrentRuns: null,
      before: {
        name: 'Settings',
        providerMode: 'scripted',
        planApproval: 'ask',
        riskyCalls: 'allow',
        maxConcurrentRuns: null,
      },
    },
  ])
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { agentLines, projectLines, projectOverview, shellView } from './queries'

let acme: TestOrganization
let other: TestOrganization
const now = new Date('2026-11-23T12:00:00Z')
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000)

beforeAll(async () => {
  acme = await makeOrganization()
  other = await makeOrganization('Other')
})
afterAll(stopQueue)

async function busyProject() {
  const { organizationId, projectId } = acme
  const place = { organizationId, projectId }
  const agent = await database().agent.create({
    data: {
      organizationId,
      name: 'Implementer',
      role: 'implementer',
      capabilities: ['code'],
      connector: 'anthropic',
      provider: 'anthropic',
      model: 'claude-opus-5-5',
    },
  })
  const requirement = await database().requirement.create({
    data: { ...place, number: 1, title: 'Task board', text: 'x', status: 'in_progress' },
  })
  const of = { ...place, requirementId: requirement.id }
  const plan = await database().plan.create({
    data: { organizationId, requirementId: requirement.id, revision: 1, status: 'accepted', summary: '', content: {} },
  })
  const task = await database().task.create({
    data: {
      ...of,
      planId: plan.id,
      ref: 'T1',
      position: 1,
      title: 'Store',
      kind: 'implement',
      capability: 'code',
      instructions: '',
      acceptance: [],
      status: 'running',
      attempt: 2,
    },
  })
  await database().run.create({
    data: {
      ...of,
      taskId: task.id,
      agentId: agent.id,
      purpose: 'implement',
      attempt: 2,
      providerMode: 'scripted',
      connector: 'anthropic',
      model: 'scripted-implementer',
      status: 'running',
      prompt: [],
      startedAt: minutesAgo(2),
    },
  })
  await database().decision.create({
    data: {
      ...of,
      kind: 'agent_question',
      question: 'Which?',
      options: [],
      dedupeKey: 'q',
      createdAt: minutesAgo(130),
    },
  })
}

describe('overview', () => {
  test('a new project says so, and offers what its members may do', async () => {
    const overview = await projectOverview(acme.people.viewer.scope, acme.projectId, now)
    expect(overview).toMatchObject({ health: { state: 'empty' }, running: [], requirements: [] })
    const shell = await shellView(acme.people.viewer.scope)
    expect(shell).toMatchObject({ organization: 'Acme', role: 'viewer', openDecisions: 0 })
    expect(shell.allowed).toContain('requirement.read')
    expect(shell.allowed).not.toContain('requirement.submit')
  })

  test('a busy project tells what runs, what is asked and how far it is', async () => {
    await busyProject()
    const overview = await projectOverview(acme.people.viewer.scope, acme.projectId, now)
    expect(overview.health.sentence).toBe('1 question waits for an answer; the rest goes on meanwhile.')
    expect(overview.health.reasons).toEqual([
      '1 run is in progress',
      '1 question is open, the oldest for 2 hours',
      '1 task is being tried again',
    ])
    expect(overview.running).toMatchObject([
      { agentName: 'Implementer', taskName: 'T1 Store', requirementName: 'R1 Task board', attempt: 2, scripted: true },
    ])
    expect(overview.requirements).toMatchObject([{ number: 1, tasks: 1, tasksDone: 0 }])
  })

  test('agents carry their load and a price with its source', async () => {
    const [agent] = await agentLines(acme.people.viewer.scope, now)
    expect(agent).toMatchObject({ name: 'Implementer', runningNow: 1, price: { input: 4, output: 20 } })
  })

  test('another organization sees nothing of it', async () => {
    const stranger = other.people.owner.scope
    await expect(projectOverview(stranger, acme.projectId, now)).rejects.toMatchObject({ code: 'project-not-found' })
    const lines = await projectLines(stranger, now)
    expect(lines).toMatchObject([{ id: other.projectId, running: 0, openDecisions: 0, activeRequirements: 0 }])
    expect((await shellView(stranger)).openDecisions).toBe(0)
    expect(await agentLines(stranger, now)).toEqual([])
  })
})

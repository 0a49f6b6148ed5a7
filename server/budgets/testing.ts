import { randomUUID } from 'node:crypto'
import { database } from '#server/platform/database/client'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'

/** An organization with one requirement, one task, one agent, and as many running runs as asked for, the newest first. */
export interface BudgetScene extends TestOrganization {
  requirementId: string
  taskId: string
  agentId: string
  runs: string[]
}

export async function makeScene(
  runs: number,
  more: { providerMode?: 'scripted' | 'live'; model?: string; status?: string } = {},
): Promise<BudgetScene> {
  const made = await makeOrganization()
  const { organizationId, projectId } = made
  const agent = await database().agent.create({
    data: {
      organizationId,
      name: 'Implementer',
      role: 'implementer',
      capabilities: ['code'],
      connector: 'anthropic',
      provider: 'anthropic',
      model: more.model ?? 'claude-opus-5-5',
    },
  })
  const requirement = await database().requirement.create({
    data: { organizationId, projectId, number: 1, title: 'Task board', text: 'x', status: 'in_progress' },
  })
  const plan = await database().plan.create({
    data: { organizationId, requirementId: requirement.id, revision: 1, status: 'accepted', summary: '', content: {} },
  })
  const of = { organizationId, projectId, requirementId: requirement.id }
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
      attempt: 1,
      agentId: agent.id,
    },
  })
  // Made in the same moment: the largest id counts as the newest.
  const ids = Array.from({ length: runs }, () => randomUUID())
    .sort()
    .reverse()
  await database().run.createMany({
    data: ids.map((id) => ({
      id,
      ...of,
      taskId: task.id,
      agentId: agent.id,
      purpose: 'implement',
      attempt: 1,
      providerMode: more.providerMode ?? 'live',
      connector: 'anthropic',
      model: more.model ?? 'claude-opus-5-5',
      status: more.status ?? 'running',
      lease: more.status === 'queued' ? 0 : 1,
      prompt: { system: '', user: 'work', facts: { owns: ['**'], ref: 'T1', title: 'Store' } },
      startedAt: new Date(),
    })),
  })
  return { ...made, requirementId: requirement.id, taskId: task.id, agentId: agent.id, runs: ids }
}

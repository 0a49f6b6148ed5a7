import { createAgent } from '#server/agents/commands'
import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { createTasks } from '#server/planner/commands'
import type { PlanContent } from '#server/planner/model'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { advance } from '../advance'

export interface Setting {
  scope: Scope
  projectId: string
  agents: { coder: string; validator: string }
}

/** An organization with an agent that codes, one that reviews on another connector, and a scripted project. */
export async function makeSetting(slots = 4): Promise<Setting> {
  const organization = await database().organization.create({ data: { name: 'Acme', slug: crypto.randomUUID() } })
  const scope = systemScope(organization.id)
  const common = { model: 'm', enabled: true, maxConcurrent: slots, maxTurns: 10, maxOutputTokens: 1000 }
  const base = { ...common, instructions: '', baseUrl: null }
  const coder = await createAgent(scope, {
    ...base,
    name: 'Implementer',
    role: 'implementer',
    capabilities: ['code'],
    connector: 'openai',
    provider: 'openai',
  } as Parameters<typeof createAgent>[1])
  const validator = await createAgent(scope, {
    ...base,
    name: 'Validator',
    role: 'validator',
    capabilities: ['validation'],
    connector: 'anthropic',
    provider: 'anthropic',
  } as Parameters<typeof createAgent>[1])
  const project = await database().project.create({
    data: { organizationId: organization.id, name: 'Shop', slug: 'shop', providerMode: 'scripted' },
  })
  return { scope, projectId: project.id, agents: { coder: coder.id, validator: validator.id } }
}

export type TaskDraft = { id: string; dependsOn?: string[]; owns?: string[]; checks?: boolean }

/** A requirement whose plan is accepted; nothing of it has started. */
export async function makeRequirement(setting: Setting, tasks: TaskDraft[], projectId = setting.projectId) {
  const { organizationId } = setting.scope
  const number = (await database().requirement.count({ where: { projectId } })) + 1
  const requirement = await database().requirement.create({
    data: { organizationId, projectId, number, title: `R${number}`, text: 'r', status: 'in_progress' },
  })
  const content: PlanContent = {
    summary: '',
    assumptions: [],
    questions: [],
    tasks: tasks.map(({ id, dependsOn = [], owns = [], checks = false }) => ({
      id,
      title: id,
      kind: 'implement',
      capability: 'code',
      instructions: '',
      dependsOn,
      statements: [],
      owns,
      reads: [],
      acceptance: checks ? [{ id: 'A1', text: 'works', command: 'true', proves: [] }] : [],
      risk: 'low',
      rationale: '',
    })),
  }
  const plan = await database().plan.create({
    data: { organizationId, requirementId: requirement.id, revision: 1, status: 'accepted', summary: '', content },
  })
  await transaction((tx) => createTasks(tx, requirement, plan.id, content))
  return requirement.id
}

/** One advance, as its job would do it. @returns the requirements it woke */
export async function look(scope: Scope, requirementId: string): Promise<string[]> {
  return transaction(async (tx) => {
    const { wake = [], heirs = [] } = (await advance(tx, scope, requirementId)) ?? {}
    return [...new Set([...wake, ...heirs])]
  })
}

export type RunEnd = { status: 'finished'; changed: boolean } | { status: 'failed'; code: string }

/** Ends a run as its worker would, without git: `changed` gives it a commit of its own. */
export async function endRun(scope: Scope, runId: string, end: RunEnd): Promise<void> {
  await transaction(async (tx) => {
    const run = await tx.run.findUniqueOrThrow({ where: { id: runId } })
    await tx.run.update({
      where: { id: runId },
      data:
        end.status === 'finished'
          ? { status: 'finished', baseCommit: 'base', commit: end.changed ? runId : 'base' }
          : { status: 'failed', errorCode: end.code, errorMessage: end.code },
    })
    const { projectId, requirementId, taskId } = run
    const payload = { purpose: run.purpose, attempt: run.attempt, code: 'x', message: 'x' }
    const ids = { projectId, requirementId, taskId: taskId ?? undefined, runId }
    await append(tx, scope, [{ type: `run.${end.status}`, ...ids, payload }])
  })
}

/** Tasks by ref, with what is shown of them. */
export async function tasksOf(requirementId: string) {
  const rows = await database().task.findMany({ where: { requirementId }, orderBy: { position: 'asc' } })
  return Object.fromEntries(rows.map((row) => [row.ref, row]))
}

export function activeRuns(requirementId: string) {
  return database().run.findMany({
    where: { requirementId, status: { in: ['queued', 'running'] } },
    orderBy: { createdAt: 'asc' },
  })
}

/** What tests of signals share: a project with a source, deliveries as the tools send them, and work in progress. */
import { randomUUID } from 'node:crypto'
import { sign } from '@octokit/webhooks-methods'
import { systemScope } from '#server/auth/gate'
import { database } from '#server/platform/database/client'
import type { TestOrganization } from '#server/setup/testing'
import { receiveDelivery } from './commands/receive'
import { addSource, type NewSource } from './commands/sources'
import { recordSignal } from './handlers'
import type { SourceKind } from './model'
import { sourceOf } from './registry'
import { readDelivery } from './stages/read-delivery'

export function makeSource(of: TestOrganization, kind: SourceKind, more: object = {}): Promise<NewSource> {
  return addSource(of.people.admin.scope, { projectId: of.projectId, kind, label: `Our ${kind}`, ...more })
}

/** Headers of GitHub's delivery of this body. */
export async function githubHeaders(secret: string, event: string, body: string, id: string = randomUUID()) {
  return {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': id,
    'x-hub-signature-256': await sign(secret, body),
  }
}

export const bearer = (secret: string) => ({ 'content-type': 'application/json', authorization: `Bearer ${secret}` })

/** A delivery that has proven its sender, read as the worker would. */
export async function deliverTo(
  { organizationId }: { organizationId: string },
  source: NewSource,
  kind: SourceKind,
  { event = '', body }: { event?: string; body: unknown },
): Promise<void> {
  const row = await database().signalSource.findUniqueOrThrow({ where: { id: source.id } })
  const text = JSON.stringify(body)
  const headers = new Headers(kind === 'github' ? await githubHeaders(source.secret, event, text) : {})
  await receiveDelivery({ source: sourceOf(kind), row }, { headers, bytes: Buffer.from(text) })
  await readAll(organizationId)
}

/** Does the waiting deliveries of an organization, as the worker would. */
export async function readAll(organizationId: string): Promise<void> {
  const waiting = await database().inboundDelivery.findMany({
    where: { organizationId, status: 'accepted' },
    orderBy: { receivedAt: 'asc' },
  })
  for (const { id } of waiting) await readDelivery(organizationId, id)
}

/** Does for the newest event of a type what the worker would. */
export async function recordNewest(organizationId: string, type: string): Promise<void> {
  const event = await database().event.findFirstOrThrow({
    where: { organizationId, type },
    orderBy: { sequence: 'desc' },
  })
  await recordSignal({ organizationId, sequence: String(event.sequence) })
}

export const failure = {
  action: 'completed',
  workflow_run: {
    id: 7,
    name: 'CI',
    head_branch: 'main',
    head_sha: 'abc1234def5678900000000000000000000000aa',
    status: 'completed',
    conclusion: 'failure',
    run_number: 12,
    run_attempt: 1,
    event: 'push',
    display_title: 'Add a cart',
    html_url: 'https://github.com/acme/shop/actions/runs/7',
    path: '.github/workflows/ci.yml',
  },
  repository: { full_name: 'acme/shop', default_branch: 'main', html_url: 'https://github.com/acme/shop' },
  sender: { login: 'ana' },
}

/** A plan of tasks that do not depend on each other, as an Analyst writes it. */
function planOf(tasks: number) {
  const numbers = Array.from({ length: tasks }, (_, index) => index + 1)
  return {
    ...{ summary: '', assumptions: [], questions: [] },
    tasks: numbers.map((number) => ({
      ...{ id: `T${number}`, title: `Part ${number}`, kind: 'implement', capability: 'code', instructions: 'Do it.' },
      ...{ dependsOn: [], statements: [], owns: [`implementation/part-${number}/**`], reads: [], acceptance: [] },
      ...{ risk: 'low', rationale: '' },
    })),
  }
}

/** A requirement in progress: T1 is merged, T2 runs, T3 waits for T2. */
export async function workInProgress(of: TestOrganization) {
  const { organizationId, projectId } = of
  const db = database()
  const agent = await db.agent.create({
    data: {
      organizationId,
      name: `Codex ${randomUUID().slice(0, 4)}`,
      role: 'implementer',
      capabilities: ['code'],
      connector: 'openai',
      provider: 'openai',
      model: 'm',
    },
  })
  const last = await db.requirement.aggregate({ where: { projectId }, _max: { number: true } })
  const requirement = await db.requirement.create({
    data: {
      organizationId,
      projectId,
      number: (last._max.number ?? 0) + 1,
      title: 'A cart',
      text: 'A cart.',
      status: 'in_progress',
      submittedById: of.people.member.userId,
    },
  })
  const plan = await db.plan.create({
    data: {
      organizationId,
      requirementId: requirement.id,
      revision: 1,
      status: 'accepted',
      summary: '',
      content: planOf(3),
    },
  })
  const task = (position: number, status: string, more: object = {}) =>
    db.task.create({
      data: {
        organizationId,
        projectId,
        requirementId: requirement.id,
        planId: plan.id,
        ref: `T${position}`,
        position,
        title: `Part ${position}`,
        kind: 'implement',
        capability: 'code',
        instructions: 'Do it.',
        acceptance: [],
        owns: [`implementation/part-${position}/**`],
        status,
        agentId: agent.id,
        ...more,
      },
    })
  const first = await task(1, 'done', { mergedCommit: '1111111aaaaaaa', finishedAt: new Date() })
  const second = await task(2, 'running')
  const third = await task(3, 'waiting')
  const run = await db.run.create({
    data: {
      organizationId,
      projectId,
      requirementId: requirement.id,
      taskId: second.id,
      agentId: agent.id,
      purpose: 'implement',
      attempt: 1,
      providerMode: 'scripted',
      connector: 'openai',
      model: 'm',
      prompt: {},
      status: 'running',
    },
  })
  return { agent, requirement, first, second, third, run, scope: systemScope(organizationId) }
}

/** What closes a signal, and what only looks as if it did. */
import { afterAll, expect, test } from 'vitest'
import { answerDecision } from '#server/decisions/commands'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization } from '#server/setup/testing'
import { muteSuch } from './commands/judge'
import { actOnSignal } from './handlers'
import type { SourceKind } from './model'
import { deliverTo, failure, makeSource, workInProgress } from './testing'

afterAll(stopQueue)

/** An organization of its own with one source, and what became of what it sent. */
async function from(kind: SourceKind) {
  const acme = await makeOrganization()
  const source = await makeSource(acme, kind)
  return {
    acme,
    send: (body: unknown, event = '') => deliverTo(acme, source, kind, { event, body }),
    signals: async () => {
      const { organizationId } = acme
      const rows = await database().signal.findMany({ where: { organizationId }, orderBy: { firstSeenAt: 'asc' } })
      return rows.map(({ title, status }) => [title, status])
    },
  }
}

const run = (id: number, conclusion: string) => ({
  ...failure,
  workflow_run: { ...failure.workflow_run, id, conclusion },
})

test('a run that was skipped proves nothing', async () => {
  const { send, signals } = await from('github')
  await send(run(7, 'failure'), 'workflow_run')
  await send(run(8, 'skipped'), 'workflow_run')
  expect(await signals()).toEqual([
    ['CI failed on main at abc1234', 'open'],
    ['CI was skipped on main at abc1234', 'open'],
  ])
})

test('a run that began earlier and passes later does not end the failure after it, nor does its failure bring back what passed', async () => {
  const { send, signals } = await from('github')
  const status = async () => (await signals())[0]?.[1]
  await send(run(8, 'failure'), 'workflow_run')
  await send(run(7, 'success'), 'workflow_run')
  expect(await status()).toBe('open')
  // Started once more, the run keeps its id.
  await send(run(8, 'success'), 'workflow_run')
  expect(await status()).toBe('closed')
  await send(run(7, 'failure'), 'workflow_run')
  expect(await status()).toBe('closed')
  await send(run(9, 'failure'), 'workflow_run')
  await send(run(10, 'failure'), 'workflow_run')
  await send(run(9, 'success'), 'workflow_run')
  expect(await status()).toBe('open')
  await send(run(10, 'success'), 'workflow_run')
  expect(await status()).toBe('closed')
})

test('what was muted while its question was open lets work go on when it is over', async () => {
  const { acme, send, signals } = await from('github')
  const { second } = await workInProgress(acme)
  await send(run(7, 'failure'), 'workflow_run')
  const [signal] = await database().signal.findMany({ where: { organizationId: acme.organizationId } })
  await muteSuch(acme.people.member.scope, { signalId: signal?.id as string })
  await send(run(8, 'success'), 'workflow_run')
  expect((await signals())[0]?.[1]).toBe('closed')
  const decision = await database().decision.findUniqueOrThrow({ where: { id: signal?.decisionId as string } })
  expect(decision.status).toBe('withdrawn')
  expect((await database().task.findUniqueOrThrow({ where: { id: second.id } })).pausedAt).toBeNull()
  await send(run(9, 'failure'), 'workflow_run')
  expect((await signals())[0]?.[1]).toBe('muted')
})

test('work that two failures hold goes on after the second answer, not after the first', async () => {
  const { acme, send } = await from('github')
  const { second } = await workInProgress(acme)
  const { organizationId } = acme
  await send(run(7, 'failure'), 'workflow_run')
  const other = { name: 'Nightly', head_sha: 'f'.repeat(40), id: 8 }
  await send({ ...failure, workflow_run: { ...failure.workflow_run, ...other } }, 'workflow_run')
  const task = () => database().task.findUniqueOrThrow({ where: { id: second.id } })
  const named = (title: string) =>
    database().signal.findFirstOrThrow({ where: { organizationId, title: { startsWith: title } } })
  const answer = async (title: string, option: string) => {
    const decisionId = (await named(title)).decisionId as string
    await answerDecision(acme.people.member.scope, { decisionId, option, comment: '' })
    const effectiveAt = new Date(Date.now() - 1_000)
    await database().decision.update({ where: { id: decisionId }, data: { effectiveAt } })
    await actOnSignal({ organizationId, decisionId })
  }
  await answer('CI', 'fix')
  const { decisionId } = await named('Nightly')
  expect(await task()).toMatchObject({ pausedAt: expect.any(Date), nextActor: 'group', nextActorId: decisionId })
  expect((await task()).nextReason).toContain('Nightly failed')
  // One more that holds the same work, answered first: its fix is waited for once the other is answered.
  await send(
    { ...failure, workflow_run: { ...failure.workflow_run, name: 'Docs', head_sha: 'e'.repeat(40) } },
    'workflow_run',
  )
  await answer('Docs', 'hold_fix')
  await answer('Nightly', 'fix')
  const { madeRequirementId } = await named('Docs')
  expect(await task()).toMatchObject({ nextActor: 'system', nextActorId: madeRequirementId })
  await send(
    { ...run(9, 'success'), workflow_run: { ...run(9, 'success').workflow_run, name: 'Docs' } },
    'workflow_run',
  )
  expect((await task()).pausedAt).toBeNull()
})

test('a change that is merged or closed closes what its opening told, at GitHub and GitLab', async () => {
  const github = await from('github')
  const pull = (action: string, merged = false) => ({
    action,
    pull_request: { number: 3, title: 'A cart', merged, head: { ref: 'cart' } },
    repository: failure.repository,
    sender: failure.sender,
  })
  await github.send(pull('opened'), 'pull_request')
  await github.send(pull('closed', true), 'pull_request')
  expect(await github.signals()).toEqual([['Pull request #3 opened: A cart', 'closed']])
  const gitlab = await from('gitlab')
  const merge = (action: string) => ({
    object_kind: 'merge_request',
    object_attributes: { iid: 3, action, title: 'A cart' },
    project: { path_with_namespace: 'acme/shop' },
  })
  await gitlab.send(merge('open'))
  await gitlab.send(merge('merge'))
  expect(await gitlab.signals()).toEqual([['Merge request !3 opened: A cart', 'closed']])
})

test('whoever asked for changes ends that by approving', async () => {
  const { send, signals } = await from('github')
  const review = (id: number, state: string, login: string) => ({
    action: 'submitted',
    review: { id, state, user: { login } },
    pull_request: { number: 3, title: 'A cart' },
    repository: failure.repository,
    sender: { login },
  })
  const status = async () => (await signals())[0]?.[1]
  await send(review(1, 'changes_requested', 'ana'), 'pull_request_review')
  await send(review(2, 'approved', 'ben'), 'pull_request_review')
  expect(await status()).toBe('open')
  await send(review(3, 'approved', 'ana'), 'pull_request_review')
  expect(await status()).toBe('closed')
})

test('a code scanning alert that shows in one more branch is not over', async () => {
  const { send, signals } = await from('github')
  const alert = (action: string) => ({
    action,
    alert: { number: 5, state: 'open', rule: { id: 'sql', description: 'Built from input', severity: 'error' } },
    repository: failure.repository,
    sender: failure.sender,
  })
  await send(alert('created'), 'code_scanning_alert')
  await send(alert('appeared_in_branch'), 'code_scanning_alert')
  expect(await signals()).toEqual([['Code scanning alert created: Built from input', 'open']])
})

test('an incident that is edited is not another one', async () => {
  const { send } = await from('gitlab')
  const incident = (action: string) => ({
    object_kind: 'issue',
    object_attributes: { iid: 4, action, title: 'Down', type: 'Incident' },
    project: { path_with_namespace: 'acme/shop' },
  })
  await send(incident('open'))
  await send(incident('update'))
  const rows = await database().signal.findMany({
    where: { title: { contains: '#4' } },
    orderBy: { firstSeenAt: 'asc' },
  })
  expect(rows.map((row) => row.urgency)).toEqual(['now', 'whenever'])
})

test('a list is as many reports as it has entries, and long names that begin alike are two', async () => {
  const { send, signals } = await from('generic')
  const key = 'x'.repeat(190)
  await send([
    { title: 'One', key: `${key}1`, status: 'failed' },
    { title: 'Two', key: `${key}2`, status: 'failed' },
  ])
  expect(await signals()).toEqual([
    ['One', 'open'],
    ['Two', 'open'],
  ])
  const cdevents = await from('cdevents')
  const incident = (id: string) => ({
    context: { id, source: `https://ci.example/${'s'.repeat(180)}`, type: 'dev.cdevents.incident.detected.0.2.0' },
    subject: { id: `${'i'.repeat(150)}${id}`, content: { description: 'Down' } },
  })
  await cdevents.send(incident('1'))
  await cdevents.send(incident('2'))
  expect(await cdevents.signals()).toHaveLength(2)
})

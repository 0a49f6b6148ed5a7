import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createAgent } from '#server/agents/commands'
import { personScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { PROJECT } from '#server/cli/project'
import { answerDecision, raiseDecision } from '#server/decisions/commands'
import { startSmtp, textOf } from '#server/notifications/testing'
import { planAssignment } from '#server/planner/assignment'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { until } from '#server/platform/queue/testing'
import { createProject } from '#server/projects/commands'
import { reviewAssignment } from '#server/proofs/assignment'
import { submitRequirement } from '#server/requirements/commands'
import { isClosed, type RequirementStatus } from '#server/requirements/model'
import { workAssignment } from '#server/runs/assignment'
import { startScriptedProvider } from '#server/scripted/server'
import { defaultAgents } from '#server/setup/rules'
import { startWorker, withBed } from './engine'
import { printTable, spread } from './report'

/** Decisions whose e-mail is timed, each for another person: nobody gets so many that they are grouped. */
const TIMED = 60
const GAP_MS = 100

interface Team {
  projectId: string
  owner: Scope
  member: Scope
}

/** Three people: one who leads, one who submits, one who watches. */
async function makeTeam(): Promise<Team> {
  const { id } = await database().organization.create({ data: { name: 'Bench', slug: `bench-${randomUUID()}` } })
  const join = async (role: string) => {
    const user = await database().user.create({
      data: { email: `${randomUUID()}@example.org`, name: role, members: { create: { organizationId: id, role } } },
    })
    return personScope(user.id, id)
  }
  const [owner, member] = [await join('owner'), await join('member')]
  await join('viewer')
  for (const agent of defaultAgents) await createAgent(owner, agent)
  const project = await createProject(owner, { name: 'Sample', providerMode: 'scripted' })
  return { projectId: project.id, owner, member }
}

/** Runs the built-in sample; its questions are answered once the e-mail about them is out, as people would. */
async function runSample({ projectId, member, owner }: Team): Promise<string> {
  const text = await readFile(path.join(PROJECT, 'samples/task-board.md'), 'utf8')
  const { id } = await submitRequirement(member, { projectId, text, source: 'sample' })
  await until(async () => {
    const open = await database().decision.findMany({ where: { requirementId: id, status: 'open' } })
    for (const decision of open) {
      const told = await database().delivery.count({ where: { decisionId: decision.id, status: 'sent' } })
      if (told === 0) continue
      await answerDecision(owner, { decisionId: decision.id, option: decision.recommended as string, comment: '' })
    }
    const row = await database().requirement.findUniqueOrThrow({ where: { id } })
    return isClosed(row.status as RequirementStatus)
  }, 600_000)
  const told = { requirementId: id, topic: 'requirement_closed' }
  await until(async () => (await database().notification.count({ where: told })) > 0, 60_000)
  await until(
    async () => (await database().delivery.count({ where: { status: { in: ['waiting', 'sending'] } } })) === 0,
    60_000,
  )
  return id
}

async function countMessages(requirementId: string): Promise<void> {
  const [tasks, decisions, notifications, mails, slack] = await Promise.all([
    database().task.count({ where: { requirementId } }),
    database().decision.count({ where: { requirementId } }),
    database().notification.count({ where: { requirementId } }),
    database().delivery.count({ where: { channel: 'email', status: 'sent' } }),
    database().delivery.count({ where: { channel: 'slack', status: 'sent' } }),
  ])
  const perTwenty = (count: number) => Math.round((count / tasks) * 200) / 10
  printTable(
    `The built-in sample: ${tasks} tasks, ${decisions} decisions, a team of 3`,
    ['what', 'in the sample', 'for 20 tasks'],
    [
      ['lines in inboxes, all people together', notifications, perTwenty(notifications)],
      ['e-mails, all people together', mails, perTwenty(mails)],
      ['messages in Slack', slack, perTwenty(slack)],
    ],
  )
}

async function timeMails({ projectId, owner }: Team, smtp: Awaited<ReturnType<typeof startSmtp>>): Promise<void> {
  const { organizationId } = owner
  const raised = new Map<string, number>()
  for (let number = 0; number < TIMED; number++) {
    const members = { create: { organizationId, role: 'member' } }
    const user = await database().user.create({ data: { email: `${randomUUID()}@example.org`, members } })
    const question = `Timed question ${number}?`
    const before = Date.now()
    await raiseDecision(owner, {
      projectId,
      kind: 'agent_question',
      question,
      why: '',
      options: [{ id: 'a', label: 'A', consequence: '', reversible: true }],
      recommended: 'a',
      recommendedWhy: '',
      dedupeKey: question,
      assigneeId: user.id,
    })
    raised.set(question, before)
    await new Promise((resolve) => setTimeout(resolve, GAP_MS))
  }
  const received = () =>
    smtp.mails.flatMap((mail) => {
      const question = /Timed question \d+\?/.exec(textOf(mail))?.[0]
      const since = question ? raised.get(question) : undefined
      return since === undefined ? [] : [mail.at - since]
    })
  await until(async () => received().length >= TIMED, 120_000)
  const { count, p50, p95, max } = spread(received())
  printTable(
    'A decision is raised → the mail server has its e-mail, milliseconds',
    ['mails', 'p50', 'p95', 'max'],
    [[count, p50, p95, max]],
  )
}

await withBed(async () => {
  const scripted = await startScriptedProvider({ port: 0, control: false, paceMs: 0 })
  const smtp = await startSmtp()
  setEnvironmentVariable('SCRIPTED_URL', scripted.url)
  setEnvironmentVariable('EMAIL_SERVER', smtp.url)
  const assignments = { plan: planAssignment, implement: workAssignment, review: reviewAssignment }
  const stop = await startWorker({
    assignmentFor: (run) => assignments[run.purpose as keyof typeof assignments](),
  })
  try {
    const team = await makeTeam()
    await countMessages(await runSample(team))
    await timeMails(team, smtp)
  } finally {
    await stop()
    await smtp.close()
    await scripted.close()
  }
})
process.exit(0)

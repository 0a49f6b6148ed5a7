import { roleSchema } from '#server/auth/model'
import type { Decision } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { wakeRequirements } from '#server/requirements/commands'
import type { Asked } from '#server/tasks/model'
import { answerRoleOf } from './model'
import { waitsForAnswer, whoAnswers } from './rules/answerers'

type Question = Pick<Decision, 'organizationId' | 'assigneeName' | 'answerRole' | 'answererIds'>

/** Whom a question waits for, by the members there are now. */
export async function askedOf(tx: Transaction, question: Question): Promise<Asked> {
  const answerRole = answerRoleOf(question.answerRole)
  const { assigneeName } = question
  return whoAnswers({ assigneeName, answerRole, able: assigneeName ? [] : await able(tx, question) })
}

/** Names of those who may answer: nobody is named when everybody of the team may. */
async function able(tx: Transaction, { organizationId, answerRole, answererIds }: Question): Promise<string[]> {
  const lowest = answerRoleOf(answerRole)
  const roles = roleSchema.options.slice(0, roleSchema.options.indexOf(lowest) + 1)
  if (answererIds.length === 0 && (lowest === 'member' || lowest === 'viewer')) return []
  const members = await tx.member.findMany({
    where: { organizationId, role: { in: roles }, ...(answererIds.length > 0 ? { userId: { in: answererIds } } : {}) },
    select: { user: { select: { name: true, email: true } } },
    orderBy: { createdAt: 'asc' },
  })
  return members.map(({ user }) => user.name ?? user.email)
}

/** Whatever waits for a question says whom it waits for now: its tasks and runs here, their requirements by themselves. */
export async function tellWaiting(tx: Transaction, decision: Decision, asked: Asked): Promise<void> {
  const { id, organizationId, question } = decision
  const waits = { organizationId, nextActorId: id, nextActor: { in: ['person', 'group'] } }
  const now = { nextActor: asked.actor, nextActorName: asked.name, nextReason: waitsForAnswer(asked, question) }
  const select = { requirementId: true }
  const tasks = await tx.task.updateManyAndReturn({ where: waits, data: now, select })
  const runs = await tx.run.updateManyAndReturn({ where: { ...waits, status: 'asking' }, data: now, select })
  const ids = [...tasks, ...runs].map(({ requirementId }) => requirementId)
  if (decision.requirementId) ids.push(decision.requirementId)
  await wakeRequirements(tx, organizationId, [...new Set(ids)])
}

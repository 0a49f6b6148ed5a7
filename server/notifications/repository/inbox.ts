import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import { cleanJson, cleanText } from '#server/kernel/clean-text'
import type { Transaction } from '#server/platform/database/transaction'
import { itemSchema } from '../model'
import { BURST_WINDOW_MS, groupTitle, withItem } from '../rules/grouping'
import type { Happened, Telling } from '../rules/wording'

export const itemsSchema = z.array(itemSchema).catch([])

interface Noted {
  happened: Happened
  telling: Telling
  groupKey: string
  userId: string
  /** listed, but not counted as unread: the person does not want to be told in the product */
  quietly: boolean
  now: Date
}

/** Puts an event into a person's inbox: as a line of its own, or into the unread one of its group. */
export async function noteFor(tx: Transaction, scope: Scope, noted: Noted): Promise<{ id: string; isNews: boolean }> {
  const { happened, telling, groupKey, userId, quietly, now } = noted
  const { organizationId } = scope
  const { message, item } = telling
  const group = await tx.notification.findFirst({
    where: { organizationId, userId, groupKey, createdAt: { gt: new Date(now.getTime() - BURST_WINDOW_MS) } },
    orderBy: { createdAt: 'desc' },
  })
  if (group) {
    const items = itemsSchema.parse(group.items)
    if (items.some((one) => one.source === item.source)) return { id: group.id, isNews: false }
    if (group.status === 'open' && (group.readAt === null || quietly)) {
      const count = group.count + 1
      const title = cleanText(groupTitle(message.topic, count, message.title))
      await tx.notification.update({
        where: { id: group.id },
        data: { count, title, body: '', items: cleanJson(withItem(items, item)), updatedAt: now },
      })
      return { id: group.id, isNews: true }
    }
  }
  const made = await tx.notification.create({
    data: {
      organizationId,
      userId,
      projectId: happened.project?.id ?? null,
      requirementId: happened.requirement?.id ?? null,
      taskId: happened.task?.id ?? null,
      decisionId: happened.decision?.id ?? null,
      topic: message.topic,
      urgency: message.urgency,
      title: cleanText(message.title),
      body: cleanText(message.body),
      path: message.path,
      groupKey,
      items: cleanJson([item]),
      readAt: quietly ? now : null,
      createdAt: now,
      updatedAt: now,
    },
    select: { id: true },
  })
  return { id: made.id, isNews: true }
}

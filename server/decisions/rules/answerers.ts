import type { Role } from '#server/auth/model'
import { ADMINS, type Asked, inSentence, OWNERS, TEAM } from '#server/tasks/model'

/** More people than this are named as a group. */
const MOST_NAMES = 2

/**
 * Whom a question waits for: the person it was handed to, else the one or two who alone may answer it, else those of
 * their role.
 * @param able names of those who may answer, when not everybody of the team may
 */
export function whoAnswers(question: { assigneeName: string; answerRole: Role; able: readonly string[] }): Asked {
  const { assigneeName, answerRole, able } = question
  if (assigneeName) return { actor: 'person', name: assigneeName }
  if (able.length > 0 && able.length <= MOST_NAMES) return { actor: 'group', name: able.join(' or ') }
  const groups: Record<Role, string> = { viewer: TEAM, member: TEAM, admin: ADMINS, owner: OWNERS }
  return { actor: 'group', name: groups[answerRole] }
}

/** The same as the reason of what waits for nothing but that answer. */
export function waitsForAnswer({ name }: Asked, question: string): string {
  return `Waits for the answer of ${inSentence(name)}: ${question}`
}

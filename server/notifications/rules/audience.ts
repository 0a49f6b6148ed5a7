import type { Role } from '#server/auth/model'
import { type ChannelName, isQuestion, type Matrix, type Reach, type Topic } from '../model'

/** A member as the rules see them. */
export interface Person {
  userId: string
  role: Role
}

/** What an event is about, as far as it matters for who is told. */
export interface Concern {
  topic: Topic
  /** who did what is told; null for agents and the system */
  actorId: string | null
  /** the only one who is asked, when a decision was given to somebody */
  assigneeId: string | null
  /** the only ones who may answer, when they are named, and the lowest role that may */
  answererIds: readonly string[]
  answerRole: Role
  /** who submitted the requirement */
  submitterId: string | null
}

/** Somebody who may be told, and whether it is theirs to care about. */
export interface Told {
  userId: string
  mine: boolean
}

const rank: Record<Role, number> = { viewer: 0, member: 1, admin: 2, owner: 3 }

/** Nobody is asked who may not answer: viewers never, and of several roles or people only those who are named. */
function mayAct(concern: Concern, person: Person): boolean {
  if (!isQuestion(concern.topic)) return true
  if (person.role === 'viewer' || rank[person.role] < rank[concern.answerRole]) return false
  return concern.answererIds.length === 0 || concern.answererIds.includes(person.userId)
}

const leads = (person: Person) => person.role === 'owner' || person.role === 'admin'

/**
 * Who may be told, and whom it concerns: the one who is asked, else whoever submitted the requirement, else those who
 * lead. There is always somebody it concerns while anybody is left. Who did it is not told.
 */
export function audience(concern: Concern, people: readonly Person[]): Told[] {
  const others = people.filter((person) => person.userId !== concern.actorId && mayAct(concern, person))
  const one = (userId: string | null) => others.some((person) => person.userId === userId)
  if (one(concern.assigneeId)) {
    return others.filter((person) => person.userId === concern.assigneeId).map(({ userId }) => ({ userId, mine: true }))
  }
  const theirs = (person: Person): boolean => {
    if (one(concern.submitterId)) return person.userId === concern.submitterId
    // Whoever submitted it did this themselves: nobody else has to care.
    if (concern.submitterId !== null && concern.submitterId === concern.actorId) return false
    return others.some(leads) ? leads(person) : true
  }
  return others.map((person) => ({ userId: person.userId, mine: theirs(person) }))
}

/** What a person gets of a topic by a channel: their wish for the project, else their wish for all, else the default. */
export function reachOf(
  topic: Topic,
  channel: { name: ChannelName; byDefault: Partial<Record<Topic, Reach>> },
  wishes: readonly (Matrix | null)[],
): Reach {
  for (const matrix of wishes) {
    const wish = matrix?.[topic]?.[channel.name]
    if (wish) return wish
  }
  return channel.byDefault[topic] ?? 'never'
}

export function isReached(reach: Reach, mine: boolean): boolean {
  return reach === 'all' || (reach === 'mine' && mine)
}

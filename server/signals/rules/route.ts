import { exhaustive } from '#server/kernel/exhaustive'
import type { PolicyLevel, Receiver } from '../model'
import type { Classification } from './classify'

export interface Route {
  to: Receiver
  id: string | null
  name: string
  why: string
}

export interface RouteFacts {
  found: Classification
  policy: PolicyLevel
  muted: boolean
  /** who speaks for the burst it belongs to */
  leader: string | null
  /** people said where such signals go */
  lesson: 'group' | 'nobody' | ''
  /** the unfinished task it is about, and its agent */
  task: { id: string; ref: string; agentId: string | null; agentName: string } | null
  /** the agent that reported it, if one did */
  reporterId: string | null
  /** whoever submitted the requirement it is about, while they are a member */
  submitter: { id: string; name: string } | null
}

const nobody = (why: string): Route => ({ to: 'nobody', id: null, name: '', why })
const team = (why: string): Route => ({ to: 'group', id: 'members', name: 'The team', why })
const admins = (why: string): Route => ({ to: 'group', id: 'admins', name: 'Owners and admins', why })

/** Who gets a signal: an agent, a person, a group, or nobody, and why. An agent is never woken by what it reported itself. */
export function route(facts: RouteFacts): Route {
  const { found, policy, task, reporterId, submitter } = facts
  if (facts.muted) return nobody('Somebody muted such signals.')
  if (facts.leader) return nobody(`It belongs to a burst that “${facts.leader}” speaks for.`)
  if (facts.lesson === 'nobody') return nobody('Somebody said that such signals need nobody.')
  if (facts.lesson === 'group') return team('Somebody said that such signals go to the team.')
  if (found.urgency === 'whenever' && found.kind !== 'innovation') {
    return nobody('It asks for nothing; it can be read in the stream.')
  }
  if (policy === 'act' && found.kind === 'quality_issue' && task?.agentId && task.agentId !== reporterId) {
    return {
      to: 'agent',
      id: task.agentId,
      name: task.agentName,
      why: `${task.ref} is its task, and the project’s policy allows to send it back.`,
    }
  }
  switch (found.impact) {
    case 'organization':
      return admins('It reaches beyond this project.')
    case 'requirement':
      if (submitter)
        return { to: 'person', id: submitter.id, name: submitter.name, why: 'Submitted the requirement it is about.' }
      return team('It is about a requirement that nobody of the team submitted by hand.')
    case 'project':
    case 'task':
      return team(found.kind === 'innovation' ? 'An idea for the team.' : 'It is about the team’s work.')
    default:
      return exhaustive(found.impact)
  }
}

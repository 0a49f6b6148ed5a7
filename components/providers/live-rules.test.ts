import { describe, expect, it } from 'vitest'
import { isTouched, type LiveEvent, pathsTouchedBy } from './live-rules'

const event = (type: string, ids: Partial<LiveEvent> = {}): LiveEvent => ({
  sequence: '7',
  type,
  actor: { kind: 'system', id: null, name: 'Orchestrator' },
  payload: {},
  at: '2026-11-23T05:00:00.000Z',
  ...ids,
})
const key = (path: string, input?: Record<string, unknown>) => [path.split('.'), { input, type: 'query' }]

describe('which queries an event touches', () => {
  it.each([
    ['task.started', ['overview', 'activity', 'requirements', 'tasks']],
    ['decision.raised', ['overview', 'activity', 'decisions', 'requirements', 'tasks', 'signals']],
    ['agent.changed', ['overview', 'activity', 'agents']],
    ['something.new', ['overview', 'activity']],
  ])('%s', (type, paths) => expect(pathsTouchedBy(type)).toEqual(paths))

  it('needs the same thing when both name one', () => {
    const started = event('task.started', { requirementId: 'r1', taskId: 't1' })
    expect(isTouched(key('tasks.get', { taskId: 't1' }), started)).toBe(true)
    expect(isTouched(key('tasks.get', { taskId: 't2' }), started)).toBe(false)
    expect(isTouched(key('requirements.get', { requirementId: 'r1' }), started)).toBe(true)
    expect(isTouched(key('requirements.list', { projectId: 'p1' }), started)).toBe(true)
  })

  it('knows whose budget is asked for', () => {
    const ended = event('run.ended', { requirementId: 'r1', taskId: 't1' })
    expect(isTouched(key('budgets.of', { level: 'requirement', ownerId: 'r1' }), ended)).toBe(true)
    expect(isTouched(key('budgets.of', { level: 'requirement', ownerId: 'r2' }), ended)).toBe(false)
    expect(isTouched(key('budgets.of', { level: 'task', ownerId: 't2' }), ended)).toBe(false)
    expect(isTouched(key('budgets.of', { level: 'organization' }), ended)).toBe(true)
  })

  it('does not take a router for another one with the same beginning', () => {
    expect(isTouched(key('agentsArchive.list'), event('agent.changed'))).toBe(false)
    expect(isTouched(key('agents.list'), event('agent.changed'))).toBe(true)
    expect(isTouched(['plain'], event('agent.changed'))).toBe(false)
  })
})

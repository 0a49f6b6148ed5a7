import { expect, test } from 'vitest'
import type { Classification } from './classify'
import { type Earlier, recur } from './recur'

const HOUR = 3600_000
const earlier = (changes: Partial<Earlier> = {}): Earlier => ({
  ...{ status: 'open', kind: 'quality_issue', urgency: 'today', impact: 'task' },
  ...{ byPerson: false, wasOpen: true, closedForMs: null },
  ...changes,
})
const found = (changes: Partial<Classification> = {}): Classification => ({
  ...{
    kind: 'quality_issue',
    urgency: 'today',
    impact: 'task',
    size: 'medium',
    ruleId: 'a-rule',
    why: 'A rule says so.',
  },
  ...changes,
})
const closed = (hours: number, more: Partial<Earlier> = {}) =>
  earlier({ status: 'closed', closedForMs: hours * HOUR, ...more })

test.each<[string, Earlier, Classification, boolean, string, string?, string?]>([
  ['the same again', earlier(), found(), false, 'count'],
  ['less urgent than before', earlier({ urgency: 'now', impact: 'project' }), found(), false, 'count'],
  ['more urgent', earlier(), found({ urgency: 'now' }), false, 'escalate', 'now', 'today became now'],
  [
    'of wider impact',
    earlier(),
    found({ impact: 'organization' }),
    false,
    'escalate',
    'today',
    'task became organization',
  ],
  ['wider, but less urgent', earlier({ urgency: 'now' }), found({ impact: 'project' }), false, 'escalate', 'now'],
  ['more urgent than a person said', earlier({ byPerson: true }), found({ urgency: 'now' }), false, 'count'],
  ['more urgent by a lesson', earlier(), found({ urgency: 'now' }), true, 'count'],
  [
    'muted, whatever comes',
    earlier({ status: 'muted' }),
    found({ urgency: 'now', impact: 'organization' }),
    false,
    'count',
  ],
  ['back after two hours', closed(2), found(), false, 'reopen', 'now', '2 hours ago'],
  ['back after a minute', closed(0), found({ urgency: 'whenever' }), false, 'reopen', 'today', '1 minute ago'],
  ['back, as urgent as can be', closed(30), found({ urgency: 'now' }), false, 'reopen', 'now', '1 day ago'],
  ['back after a month', closed(30 * 24), found(), false, 'reopen', 'today'],
  ['back, and a person said what it is', closed(2), found(), true, 'reopen', 'today'],
  ['never open before', closed(2, { wasOpen: false }), found(), false, 'reopen', 'today'],
  ['an idea again', closed(2), found({ kind: 'innovation', urgency: 'whenever' }), false, 'reopen', 'whenever'],
])('%s', (_name, before, now, lesson, what, urgency, words) => {
  const verdict = recur(before, now, lesson)
  expect(verdict.what).toBe(what)
  if (verdict.what === 'count') return
  expect(verdict.found.urgency).toBe(urgency)
  expect(verdict.found.why).toContain(words ?? 'A rule says so.')
})

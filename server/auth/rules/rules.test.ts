import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { roles } from '../model'
import { inviteState } from './invite-state'
import { passwordProblem, passwordTooLong } from './password'
import { actions, isAllowed, mayGrant, roleFor } from './permissions'
import { blockedMinutes, networkOf } from './sign-in-delay'

describe('permissions', () => {
  // Written out a second time on purpose: a change of who may do what must be visible here.
  const table: Record<string, string> = {
    'project.read': 'owner admin member viewer',
    'project.create': 'owner admin',
    'project.change': 'owner admin',
    'requirement.read': 'owner admin member viewer',
    'requirement.submit': 'owner admin member',
    'requirement.change': 'owner admin member',
    'requirement.cancel': 'owner admin member',
    'task.read': 'owner admin member viewer',
    'task.change': 'owner admin member',
    'decision.read': 'owner admin member viewer',
    'decision.answer': 'owner admin member',
    'decision.delegate': 'owner admin member',
    'decision.withdraw': 'owner admin member',
    'precedent.read': 'owner admin member viewer',
    'precedent.change': 'owner admin',
    'event.read': 'owner admin member viewer',
    'signal.read': 'owner admin member viewer',
    'signal.judge': 'owner admin member',
    'signal.configure': 'owner admin',
    'agent.read': 'owner admin member viewer',
    'agent.change': 'owner admin',
    'credential.read': 'owner admin member viewer',
    'credential.change': 'owner admin',
    'api-token.read': 'owner admin',
    'api-token.change': 'owner admin',
    'member.read': 'owner admin member viewer',
    'member.change': 'owner admin',
    'budget.read': 'owner admin member viewer',
    'budget.change': 'owner admin',
    'notification.read': 'owner admin member viewer',
    'notification.change': 'owner admin member viewer',
    'integration.read': 'owner admin member viewer',
    'integration.change': 'owner admin',
    'mailbox.read': 'owner admin',
    'metrics.read': 'owner admin member viewer',
  }

  test('each action is allowed to exactly these roles', () => {
    const actual = actions.map((action) => [action, roles.filter((role) => isAllowed(role, action)).join(' ')])
    expect(Object.fromEntries(actual)).toEqual(table)
  })

  test('who may do something includes everybody above', () => {
    for (const action of actions) expect(isAllowed(roleFor(action), action) && isAllowed('owner', action)).toBe(true)
  })
})

test('admins give roles up to admin, owners all, nobody else any', () => {
  const given = roles.map((granter) => [granter, roles.filter((role) => mayGrant(granter, role)).join(' ')])
  expect(Object.fromEntries(given)).toEqual({
    owner: 'owner admin member viewer',
    admin: 'admin member viewer',
    member: '',
    viewer: '',
  })
})

describe('an invite', () => {
  const now = new Date('2026-11-23T12:00:00Z')
  const [before, after] = [new Date(now.getTime() - 1), new Date(now.getTime() + 1)]
  const fresh = { role: 'admin', expiresAt: after, acceptedAt: null, revokedAt: null } as const

  test.each([
    [fresh, 'admin', 'open'],
    [{ ...fresh, expiresAt: now }, 'owner', 'expired'],
    [{ ...fresh, revokedAt: before }, 'owner', 'revoked'],
    [{ ...fresh, acceptedAt: before, expiresAt: before }, null, 'used'],
    [fresh, 'member', 'unbacked'],
    [fresh, null, 'unbacked'],
    [{ ...fresh, role: 'owner' }, 'admin', 'unbacked'],
  ] as const)('%# is %3$s', (invite, inviter, state) => expect(inviteState(invite, inviter, now)).toBe(state))
})

test('failures 1–4 are free, then the delay doubles up to 15 minutes and never shrinks', () => {
  expect([1, 4, 5, 6, 7, 8, 9, 10, 100].map(blockedMinutes)).toEqual([0, 0, 1, 2, 4, 8, 15, 15, 15])
  fc.assert(fc.property(fc.nat(1000), (failures) => blockedMinutes(failures) <= blockedMinutes(failures + 1)))
})

describe('a new password', () => {
  test.each([
    ['short', 'at least 10 characters'],
    ['aaaaaaaaaaaaaaa', 'same few characters'],
    ['ana@example.org', 'e-mail address'],
    [`${'ü'.repeat(600)}abc`, 'longer than 1024 bytes'],
  ])('%.20s is refused', (password, why) => expect(passwordProblem(password, 'ana@example.org')).toContain(why))

  test('any longer text is fine, in any script', () => {
    expect(passwordProblem('пароль из слов', 'ana@example.org')).toBeNull()
    expect(passwordProblem('correct horse', 'ana@example.org')).toBeNull()
  })

  test('the limit counts bytes of the normalised text', () => {
    expect(passwordTooLong('a'.repeat(1024))).toBe(false)
    expect(passwordTooLong('a'.repeat(1025))).toBe(true)
  })
})

test.each([
  ['192.0.2.5', '192.0.2.5'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8:0001:2::9', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8::ffff:1', '2001:db8:0:0'],
  ['2001:db8:0:0:1::', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::ffff:192.0.2.5', '::ffff:192.0.2.5'],
  ['unknown', 'unknown'],
])('the address %s belongs to the network %s', (address, network) => expect(networkOf(address)).toBe(network))

/** Every procedure × every role × another organization × nobody, generated from the router: a new one is swept by existing. */
import { randomUUID } from 'node:crypto'
import { TRPCError } from '@trpc/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAgent } from '#server/agents/commands'
import { createApiToken } from '#server/api-keys/commands'
import { tokenScopes } from '#server/api-keys/model'
import { roleOfToken, tokenMay } from '#server/api-keys/rules'
import { createInvite } from '#server/auth/invites'
import { roles } from '#server/auth/model'
import { type Action, actions, isAllowed } from '#server/auth/rules/permissions'
import { raiseDecision } from '#server/decisions/commands'
import { addEndpoint, testEndpoint } from '#server/notifications/commands/webhooks'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { submitRequirement } from '#server/requirements/commands'
import { addCredential } from '#server/secrets/commands'
import { makeOrganization, type TestOrganization, tokenHeaders } from '#server/setup/testing'
import { addSource } from '#server/signals/commands/sources'
import { createContext } from './context'
import { t } from './init'
import { appRouter } from './root'

interface Procedure {
  path: string
  access: 'public' | 'signed-in' | Action | undefined
  type: 'query' | 'mutation' | 'subscription'
}

const procedures: Procedure[] = Object.entries(appRouter._def.procedures).map(([path, procedure]) => {
  const { meta, type } = (
    procedure as unknown as { _def: { meta?: { access?: Procedure['access'] }; type: Procedure['type'] } }
  )._def
  return { path, access: meta?.access, type }
})
const permittedOnes = procedures.filter(({ access }) => access !== 'public' && access !== 'signed-in')

/** Procedures anybody may call; adding one is a visible act. */
const publicPaths = [
  'auth.session',
  'auth.signInWays',
  'auth.setupLink',
  'auth.completeSetup',
  'decisions.behindLink',
  'decisions.answerByLink',
  'decisions.undoByLink',
  'members.inviteBehind',
  'members.joinWithNewAccount',
]

let acme: TestOrganization
let other: TestOrganization
let things: Record<string, string>

beforeAll(async () => {
  acme = await makeOrganization()
  other = await makeOrganization('Other')
  things = await makeThings(acme)
})
afterAll(stopQueue)

async function makeThings({ organizationId, projectId, people }: TestOrganization): Promise<Record<string, string>> {
  const scope = people.owner.scope
  const { id: requirementId } = await submitRequirement(scope, { projectId, text: 'It adds numbers.', source: 'page' })
  const { id: agentId } = await createAgent(scope, {
    name: 'Agent',
    role: 'custom',
    capabilities: ['code'],
    connector: 'compatible',
    provider: 'compatible',
    model: 'm',
  })
  const content = { summary: '', assumptions: [], questions: [], risks: [], tasks: [] }
  const plan = await database().plan.create({
    data: { organizationId, requirementId, revision: 1, status: 'accepted', summary: 'A plan', content, agentId },
  })
  const task = await database().task.create({
    data: {
      organizationId,
      projectId,
      requirementId,
      planId: plan.id,
      ref: 'T1',
      position: 1,
      title: 'A task',
      kind: 'implement',
      capability: 'code',
      instructions: 'Do it.',
      acceptance: [],
    },
  })
  const run = await database().run.create({
    data: {
      organizationId,
      projectId,
      requirementId,
      taskId: task.id,
      agentId,
      purpose: 'implement',
      attempt: 1,
      providerMode: 'scripted',
      connector: 'compatible',
      model: 'scripted-implementer',
      prompt: {},
    },
  })
  const decision = await raiseDecision(scope, {
    projectId,
    requirementId,
    kind: 'agent_question',
    question: 'Which one?',
    why: '',
    options: [{ id: 'a', label: 'A', consequence: '', reversible: true }],
    recommended: 'a',
    recommendedWhy: '',
    dedupeKey: 'sweep',
  })
  const key = await addCredential(scope, { provider: 'openai', name: 'k', value: 'sk-12345678', baseUrl: null })
  const token = await createApiToken(scope, { name: 't', scopes: ['read'], expiresInDays: null })
  const invite = await createInvite(scope, { email: 'invited@example.org', role: 'viewer' })
  const source = await addSource(scope, { projectId, kind: 'generic', label: 'Theirs' })
  const signal = await database().signal.create({
    data: {
      ...{ organizationId, projectId, kind: 'quality_issue', urgency: 'now', impact: 'project', title: 'Broken' },
      ...{ topic: 'sweep', source: 'generic', fingerprint: 'sweep', sourceId: source.id },
    },
  })
  const mute = await database().signalMute.create({
    data: { organizationId, projectId, topic: 'other', title: 'Other' },
  })
  return {
    projectId,
    userId: people.viewer.userId,
    inviteId: invite.id,
    requirementId,
    agentId,
    taskId: task.id,
    runId: run.id,
    decisionId: decision.id,
    keyId: key.id,
    tokenId: token.id,
    signalId: signal.id,
    sourceId: source.id,
    muteId: mute.id,
    ...(await makeChannels(acme)),
  }
}

/** An endpoint with a delivery, a Slack connection with a person, a notification. */
async function makeChannels({ organizationId, people }: TestOrganization): Promise<Record<string, string>> {
  const endpoint = await addEndpoint(people.owner.scope, { name: 'e', url: 'https://example.org/hook', events: ['*'] })
  const { deliveryId } = await testEndpoint(people.owner.scope, endpoint.id, new Date())
  const slack = await database().slackIntegration.create({
    data: {
      organizationId,
      name: 's',
      mode: 'bot',
      sealedAccess: '',
      lastFour: '',
      slackTeamId: 'T1',
      topics: ['signal'],
    },
  })
  const userId = people.viewer.userId
  const person = await database().slackPerson.create({
    data: { organizationId, slackTeamId: 'T1', slackUserId: 'U0000001', userId },
  })
  const notification = await database().notification.create({
    data: { organizationId, userId, topic: 'signal', urgency: 'now', title: 't', path: '/', groupKey: 'g' },
  })
  return {
    endpointId: endpoint.id,
    deliveryId,
    integrationId: slack.id,
    personId: person.id,
    notificationId: notification.id,
  }
}

const ofSignals = {
  ...{ kind: 'quality_issue', urgency: 'now', impact: 'project', right: true },
  ...{ external: 'ask', internal: 'ask', holdWork: true, agentCallsPerDay: 1 },
}

/** One input that fits every procedure: what it does not know it ignores. */
function inputFor(path: string, ids: Record<string, string>): Record<string, unknown> {
  const rest = {
    text: 'Hello there.',
    option: 'a',
    comment: '',
    reason: 'x',
    after: -1,
    path: 'README.md',
    limit: 5,
    name: 'Renamed',
    email: 'new@example.org',
    change: { kind: 'pause' },
    changes: [{ kind: 'pause-task', task: 'T1' }],
    role: 'viewer',
    kind: 'agent_question',
    mode: 'propose',
    minutes: 60,
    held: true,
    ...(path.startsWith('signals') ? ofSignals : {}),
    ...(path.startsWith('budgets')
      ? { level: 'project', ownerId: ids.projectId, model: 'm', input: 1, output: 1 }
      : {}),
    url: 'https://example.org/hook',
    events: ['*'],
    ids: [ids.notificationId],
    slackUserId: 'U0000001',
    token: 'x',
    filter: path.startsWith('notifications') ? 'all' : undefined,
  }
  const id = path.startsWith('apiKeys') ? ids.tokenId : ids.keyId
  return { ...ids, ...rest, id }
}

/** Calls by path. The code of a refusal, or what came back; ids are blanked so that two answers can be compared. */
async function outcome(
  headers: Record<string, string>,
  path: string,
  input: unknown,
): Promise<{ code: string; answer: string }> {
  const caller = t.createCallerFactory(appRouter)(await createContext(new Headers(headers)))
  const call = path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], caller)
  try {
    const answer = await (call as (input: unknown) => Promise<unknown>)(input)
    return {
      code: 'OK',
      answer: JSON.stringify(answer ?? null, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    }
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error
    return { code: error.code, answer: error.message }
  }
}

test('the walk found the procedures', () => {
  expect(procedures.length).toBeGreaterThan(30)
})

test('every procedure declares who may call it', () => {
  const undeclared = procedures.filter(({ access }) => access === undefined)
  expect(undeclared.map((procedure) => procedure.path)).toEqual([])
  expect(procedures.filter(({ access }) => access === 'public').map(({ path }) => path)).toEqual(publicPaths)
  for (const { access } of permittedOnes) expect(actions).toContain(access)
})

describe.each(procedures.filter(({ access }) => access !== 'public'))('$path ($access)', ({ path, access, type }) => {
  test('nobody is refused', async () => {
    expect((await outcome({}, path, undefined)).code).toBe('UNAUTHORIZED')
  })

  test.each(roles)('%s', async (role) => {
    if (access === 'signed-in') {
      // These change the caller's own account, so each gets people of its own.
      const { people } = await makeOrganization('Own')
      return expect(['OK', 'BAD_REQUEST']).toContain((await outcome(people[role].headers, path, undefined)).code)
    }
    // No input: who is let through meets the input check (or nothing), who is not never gets that far.
    const { code } = await outcome(acme.people[role].headers, path, undefined)
    if (isAllowed(role, access as Action)) expect(['OK', 'BAD_REQUEST']).toContain(code)
    else expect(code).toBe('FORBIDDEN')
  })

  test.each(tokenScopes)('a token for %s', async (scope) => {
    const { code } = await outcome(await tokenHeaders(acme.people.admin, [scope]), path, undefined)
    if (access === 'signed-in') return expect(code).toBe('UNAUTHORIZED')
    const may = tokenMay([scope], access as Action) && isAllowed(roleOfToken([scope], 'admin'), access as Action)
    if (may) expect(code).not.toMatch(/FORBIDDEN|UNAUTHORIZED/)
    else expect(code).toBe('FORBIDDEN')
  })

  test('naming an organization one does not belong to is not found', async () => {
    const headers = { ...other.people.owner.headers, 'orchestrator-organization': acme.organizationId }
    if (access !== 'signed-in') expect((await outcome(headers, path, inputFor(path, things))).code).toBe('NOT_FOUND')
  })

  test('things of another organization answer exactly like things that do not exist', async () => {
    if (access === 'signed-in' || type === 'subscription') return
    const nowhere = Object.fromEntries(Object.keys(things).map((name) => [name, randomUUID()]))
    const { headers } = other.people.owner
    const foreign = await outcome(headers, path, inputFor(path, things))
    const missing = await outcome(headers, path, inputFor(path, nowhere))
    expect(foreign.code).toBe(missing.code)
    for (const id of Object.values(things)) expect(foreign.answer).not.toContain(id)
    if (foreign.code !== 'OK') expect(foreign.answer).toBe(missing.answer)
  })
})

test('the sweep asked with inputs that are good: their owner finds what a stranger did not', async () => {
  const reads = procedures.filter(({ type, access }) => type === 'query' && access !== 'public')
  const codes = await Promise.all(
    reads.map(async ({ path }) => [
      path,
      (await outcome(acme.people.owner.headers, path, inputFor(path, things))).code,
    ]),
  )
  expect(codes.filter(([, code]) => code === 'BAD_REQUEST')).toEqual([])
  expect(Object.fromEntries(codes)).toMatchObject({
    'requirements.one': 'OK',
    'tasks.one': 'OK',
    'decisions.one': 'OK',
    'signals.one': 'OK',
    'signals.list': 'OK',
  })
})

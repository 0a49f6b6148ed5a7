import { randomUUID } from 'node:crypto'
import { database } from '#server/platform/database/client'

/** An organization of its own, for tests of what others may not see. */
export const organization = (name: string) =>
  database().organization.create({ data: { name, slug: `${name}-${randomUUID()}` } })

/** One requirement in the middle of its work, with a row of everything that the pages read. */
export async function world() {
  const db = database()
  const { id: organizationId } = await organization('own')
  const project = await db.project.create({
    data: { organizationId, name: 'Board', slug: 'board', providerMode: 'live' },
  })
  const agent = await db.agent.create({
    data: {
      organizationId,
      name: 'Codex',
      role: 'implementer',
      capabilities: ['code'],
      connector: 'openai',
      provider: 'openai',
      model: 'm',
    },
  })
  const statement = (position: number, kind: string, outcome: string) => ({
    ref: `S${position}`,
    position,
    text: `Statement ${position}`,
    kind,
    outcome,
  })
  const requirement = await db.requirement.create({
    data: {
      organizationId,
      projectId: project.id,
      number: 1,
      title: 'Task board',
      text: 'A task board.',
      status: 'in_progress',
      statusReason: 'Two tasks are running.',
      statements: {
        create: [
          statement(2, 'behaviour', 'open'),
          statement(1, 'behaviour', 'proven'),
          statement(3, 'context', 'open'),
        ],
      },
    },
  })
  const place = { organizationId, projectId: project.id, requirementId: requirement.id }
  return { organizationId, project, agent, requirement, place, ...(await work(place, agent.id)) }
}

async function work(place: { organizationId: string; projectId: string; requirementId: string }, agentId: string) {
  const db = database()
  const { organizationId, requirementId } = place
  const planOf = (revision: number, status: string) =>
    db.plan.create({
      data: {
        organizationId,
        requirementId,
        revision,
        status,
        summary: 'Build it',
        content: {
          tasks: [
            { id: 'T1', dependsOn: [] },
            { id: 'T2', dependsOn: ['T1'] },
          ],
          assumptions: ['Node'],
        },
        agentId,
      },
    })
  const old = await planOf(1, 'superseded')
  const plan = await planOf(2, 'accepted')
  const taskOf = (planId: string, position: number, status: string) =>
    db.task.create({
      data: {
        ...place,
        planId,
        ref: `T${position}`,
        position,
        title: `Task ${position}`,
        kind: 'implement',
        capability: 'code',
        instructions: 'Do it',
        acceptance: [{ id: 'A1', text: 'works', command: 'node --test', proves: ['S1'] }],
        status,
        ...(status === 'asking'
          ? { nextActor: 'group', nextActorId: organizationId, nextReason: 'Waits for an answer' }
          : {}),
        agentId,
        assignment: {
          agentName: 'Codex',
          reasons: ['fits'],
          candidates: [{ name: 'Codex', score: 1, facts: ['free'] }, { broken: true }],
        },
      },
    })
  await taskOf(old.id, 1, 'cancelled')
  const first = await taskOf(plan.id, 1, 'done')
  const second = await taskOf(plan.id, 2, 'asking')
  const third = await taskOf(plan.id, 3, 'waiting')
  await db.dependency.createMany({
    data: [
      { taskId: second.id, dependsOnId: first.id },
      { taskId: third.id, dependsOnId: second.id },
    ],
  })
  const run = await db.run.create({
    data: {
      ...place,
      taskId: first.id,
      agentId,
      purpose: 'implement',
      attempt: 1,
      providerMode: 'live',
      connector: 'openai',
      model: 'm',
      status: 'finished',
      prompt: {},
    },
  })
  const turn = await db.turn.create({
    data: {
      runId: run.id,
      number: 1,
      requestHash: 'h',
      provider: 'openai',
      model: 'm',
      stop: 'tool_use',
      content: [],
      text: 'Hello',
      inputTokens: 10,
      cacheReadTokens: 1,
      cacheWriteTokens: 0,
      outputTokens: 5,
      costMicroUsd: 20_000,
      startedAt: new Date(),
    },
  })
  await db.toolCall.create({
    data: {
      runId: run.id,
      turnId: turn.id,
      position: 0,
      callId: 'c',
      name: 'run_command',
      input: { value: { command: 'ls' } },
      output: 'x'.repeat(50_000),
    },
  })
  await db.runLog.createMany({
    data: [1, 2, 3].map((sequence) => ({ runId: run.id, sequence, kind: 'text', text: `line ${sequence}` })),
  })
  return { first, second, third, run, ...(await facts(place, first.id, second.id, run.id)) }
}

async function facts(
  place: { organizationId: string; projectId: string; requirementId: string },
  taskId: string,
  askingId: string,
  runId: string,
) {
  const db = database()
  const { organizationId } = place
  const check = (phase: string, acceptanceId: string, commit: string) =>
    db.check.create({
      data: {
        organizationId,
        taskId,
        runId,
        phase,
        attempt: 1,
        acceptanceId,
        command: 'node --test',
        exitCode: 0,
        durationMs: 5,
        output: 'ok 1 - [S1] adds',
        treeHash: 'tree',
        commit,
        passed: true,
        proves: ['S1'],
      },
    })
  await check('merge', 'A1', 'merged')
  await check('task', 'A1', 'own')
  await db.merge.create({
    data: { organizationId, projectId: place.projectId, taskId, runId, status: 'merged', mergedCommit: 'merged' },
  })
  const raise = (question: string, about: { taskId?: string; requirementId?: string }, createdAt: Date) =>
    db.decision.create({
      data: {
        organizationId,
        projectId: place.projectId,
        ...about,
        kind: 'agent_question',
        question,
        dedupeKey: question,
        createdAt,
        recommended: 'a',
        options: [
          { id: 'a', label: 'A', consequence: 'a', reversible: true },
          { id: 'b', label: 'B', consequence: 'b', reversible: false },
        ],
      },
    })
  const hour = new Date(Date.now() - 3_600_000)
  const small = await raise('holds up nothing?', {}, hour)
  const big = await raise('where to store?', { taskId: askingId, requirementId: place.requirementId }, hour)
  await db.event.createMany({
    data: [1n, 2n, 3n].map((sequence) => ({
      ...place,
      sequence,
      taskId,
      type: sequence === 3n ? 'task.finished' : 'requirement.submitted',
      actor: { kind: 'user', id: null, name: 'Ana' },
      payload: { title: 'Task board' },
    })),
  })
  return { small, big }
}

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type ConnectorName, connectorNames } from '#server/agents/model'
import type { RequestedCall, ToolDefinition, ToolResult, TranscriptEntry } from '#server/agents/ports'
import { connectorFor } from '#server/agents/registry'
import { block } from '#server/kernel/blocks'
import { type PlanContent, type PlanTask, planSchema } from '#server/planner/model'
import { checkPlan } from '#server/planner/rules/plan-check'
import { planPrompt } from '#server/planner/rules/prompt'
import { inheritedEnvironment } from '#server/platform/env/inherited'
import { splitStatements } from '#server/requirements/rules/statements'
import { type Review, reviewSchema, toolInputs } from '#server/runs/model'
import { workPrompt } from '#server/runs/rules/transcript'
import type { Build, Source } from '#server/scripted/packs/ports'
import type { Compile } from '#server/scripted/rules/whole-build'
import { started } from '#server/scripted/testing'

const requirement = {
  title: 'Task board',
  text: [
    '# Task board',
    '## Tasks',
    '- A task has a title.',
    '- Users can create a task.',
    '- Users can list all tasks.',
    '- The board should feel delightful.',
  ].join('\n'),
}
const capabilities = ['analysis', 'code', 'validation', 'reasoning', 'integration'] as const

const tools = Object.entries(toolInputs).map(
  ([name, schema]): ToolDefinition => ({
    name,
    description: name,
    parameters: z.toJSONSchema(schema) as Record<string, unknown>,
  }),
)

const folders: string[] = []
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
})

async function workspace(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'scripted-play-'))
  folders.push(folder)
  return folder
}

interface Ran {
  exitCode: number
  output: string
}

function shell(command: string, cwd: string): Promise<Ran> {
  // A test runner inside a test runner: Node would report to its parent instead of printing.
  const env = inheritedEnvironment({ NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined })
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? (typeof error.code === 'number' ? error.code : 1) : 0, output: stdout + stderr })
    })
  })
}

/** A project, a wire and a way to use tools: the smallest engine that can play a requirement. */
interface Play {
  folder: string
  url: string
  wire: ConnectorName
  answers: { question: string; answer: string; comment: string }[]
  /** What a person would say to a question. */
  person: (question: z.infer<typeof toolInputs.ask_human>) => string
  said: string[]
  tools: string[]
}

async function turn(
  play: Play,
  model: string,
  transcript: TranscriptEntry[],
  answer?: { name: string; schema: z.ZodType },
) {
  const connector = connectorFor(play.wire)
  const base = { anthropic: '/anthropic', openai: '/openai/v1', compatible: '/compatible/v1' }[play.wire]
  const prompt = {
    system: 'You are part of a software team and answer in JSON when asked to.',
    transcript,
    tools: answer ? [] : tools,
    ...(answer
      ? { answer: { name: answer.name, schema: z.toJSONSchema(answer.schema) as Record<string, unknown> } }
      : {}),
  }
  const context = { model, apiKey: 'scripted', baseUrl: play.url + base, maxOutputTokens: 30_000, runId: 'run-1' }
  const result = await connector.execute(prompt, context, {
    signal: AbortSignal.timeout(60_000),
    onEvent: () => undefined,
  })
  expect(result.scripted).toBe(true)
  play.said.push(result.text)
  const { text, calls, content } = result
  transcript.push({ role: 'assistant', connector: play.wire, model, content, text, calls })
  return result
}

async function plan(play: Play, facts = requirement): Promise<PlanContent> {
  const statements = splitStatements(facts.text)
  const text = planPrompt({
    ...facts,
    statements,
    answers: play.answers,
    capabilities: [...capabilities],
  })
  const transcript: TranscriptEntry[] = [{ role: 'user', text }]
  const result = await turn(play, 'scripted-analyst', transcript, { name: 'plan', schema: planSchema })
  const verdict = checkPlan(result.text, { capabilities, statements })
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.problems))
  return verdict.plan
}

const factsOf = (task: PlanTask) => ({ ...task, ref: task.id })

async function implement(play: Play, task: PlanTask, facts = requirement, feedback = ''): Promise<string> {
  const statements = splitStatements(facts.text)
  const text = workPrompt({ task: factsOf(task), requirement: facts, statements, answers: play.answers, feedback })
  const transcript: TranscriptEntry[] = [{ role: 'user', text }]
  for (let turns = 0; turns < 25; turns += 1) {
    const { calls } = await turn(play, 'scripted-implementer', transcript)
    play.tools.push(...calls.map((call) => call.name))
    const end = calls.find((call) => call.name === 'finish')
    if (end) return toolInputs.finish.parse(end.input).summary
    transcript.push({ role: 'tool', results: await Promise.all(calls.map((call) => used(play, call))) })
  }
  throw new Error('the implementer does not come to an end')
}

async function used(play: Play, { callId, name, input }: RequestedCall): Promise<ToolResult> {
  const result = (output: string, isError = false): ToolResult => ({ callId, name, output, isError })
  switch (name) {
    case 'list_files':
      return result((await readdir(play.folder)).join('\n'))
    case 'write_file': {
      const { path: relative, content } = toolInputs.write_file.parse(input)
      const target = path.join(play.folder, relative)
      await mkdir(path.dirname(target), { recursive: true })
      await writeFile(target, content)
      return result('Written.')
    }
    case 'run_command': {
      const ran = await shell(toolInputs.run_command.parse(input).command, play.folder)
      return result(`exit code ${ran.exitCode}\n${ran.output}`)
    }
    case 'ask_human':
      return result(play.person(toolInputs.ask_human.parse(input)))
    case 'emit_signal':
      toolInputs.emit_signal.parse(input)
      return result('Reported.')
    default:
      return result(`There is no tool ${name}.`, true)
  }
}

async function review(play: Play, task: PlanTask, facts = requirement): Promise<Review> {
  const evidence = await Promise.all(
    task.acceptance.map(async ({ id, command, proves }) => {
      const { exitCode, output } = await shell(command, play.folder)
      return { acceptanceId: id, command, exitCode, output, durationMs: 1, treeHash: 'x', proves, todo: [] }
    }),
  )
  const files = await Promise.all(
    task.owns.map(async (file) => {
      const lines = (await readFile(path.join(play.folder, file), 'utf8')).split('\n').map((line) => `+${line}`)
      return `diff --git a/${file} b/${file}\n--- /dev/null\n+++ b/${file}\n@@ -0,0 +1,${lines.length} @@\n${lines.join('\n')}`
    }),
  )
  const text = [
    '<purpose>review</purpose>',
    block('task', [factsOf(task)]),
    block('statements', splitStatements(facts.text)),
    block('evidence', evidence),
    block('diff', [{ text: files.join('\n'), truncated: false }]),
  ].join('\n')
  const answer = await turn(play, 'scripted-validator', [{ role: 'user', text }], {
    name: 'review',
    schema: reviewSchema,
  })
  return reviewSchema.parse(JSON.parse(answer.text))
}

function inOrder(tasks: readonly PlanTask[]): PlanTask[] {
  const done = new Set<string>()
  const order: PlanTask[] = []
  while (order.length < tasks.length) {
    const next = tasks.find((task) => !done.has(task.id) && task.dependsOn.every((id) => done.has(id)))
    if (!next) throw new Error('the plan has no order')
    done.add(next.id)
    order.push(next)
  }
  return order
}

async function newPlay(
  wire: ConnectorName,
  compile?: Compile,
): Promise<Play & { provider: Awaited<ReturnType<typeof started>>['provider'] }> {
  const { url, provider } = await started(compile ? { compile } : {})
  const person: Play['person'] = (question) => JSON.stringify({ option: question.recommended, comment: '' })
  return { folder: await workspace(), url, provider, wire, answers: [], person, said: [], tools: [] }
}

describe.each(connectorNames)('a requirement played through the %s connector', (wire) => {
  test('is planned, built with commands that really run, and approved', async () => {
    const play = await newPlay(wire)
    const made = await plan(play)
    for (const task of inOrder(made.tasks)) {
      const summary = await implement(play, task)
      expect(summary).toMatch(/^\[scripted\] Wrote .* passed here\.$/)
      const verdict = await review(play, task)
      expect(verdict).toMatchObject({ verdict: 'approve' })
      // the last task runs everything: nothing it works on may be left without a proof
      if (task === made.tasks.at(-1)) expect(verdict.findings).toEqual([])
    }
    expect(made.questions.length).toBeGreaterThan(0)
    expect(await readFile(path.join(play.folder, 'documentation/coverage.md'), 'utf8')).toContain('not built, asked')
    const hashes = play.provider.journal().map((entry) => entry.requestHash)
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(play.provider.journal().every((entry) => entry.runId === 'run-1' && entry.status === 200)).toBe(true)
  })
})

/** One function, one test; a second file of another name for each way to settle the choice, or a test that fails. */
function standIn(how: 'works' | 'fails' | 'asks'): Compile {
  const file = (text: string) => ({ path: 'implementation/one.js', text })
  const check = {
    path: 'tests/one.test.js',
    text: "import test from 'node:test'\nimport assert from 'node:assert/strict'\nimport { one } from '../implementation/one.js'\n\ntest('[S1] one is 1', () => {\n  assert.equal(one(), 1)\n})\n",
  }
  const question = 'Number or text?'
  const options = [
    { id: 'number', label: 'A number', consequence: 'counts' },
    { id: 'text', label: 'A text', consequence: 'reads' },
  ]
  return (source: Source): Build => {
    const answer = source.answers.find((each) => each.question === question)?.answer
    const open = how === 'asks' && answer === undefined
    const value = how === 'fails' ? '2' : '1'
    return {
      packs: ['stand-in'],
      summary: 'One function.',
      units: [
        {
          key: 'one',
          title: 'One',
          kind: 'implement',
          capability: 'code',
          instructions: 'Return 1.',
          dependsOn: [],
          statements: ['S1'],
          files: open ? [] : [file(`// ${answer ?? 'as is'}\nexport const one = () => ${value}\n`), check],
          acceptance: [{ id: 'A1', text: 'one() is 1', command: 'node --test tests/one.test.js', proves: ['S1'] }],
          ...(open
            ? { choice: { statement: 'S1', question, why: 'It changes the type.', options, recommended: 'number' } }
            : {}),
        },
      ],
      covered: [{ ref: 'S1', rule: 'stand-in' }],
      questions: [],
    }
  }
}
const one = { title: 'One', text: '# One\n- The function one() returns 1.' }
const first = (made: PlanContent): PlanTask => {
  const task = made.tasks[0]
  if (!task) throw new Error('no task')
  return task
}

describe('the implementer', () => {
  test('asks what is open, takes the answer and builds accordingly', async () => {
    const play = await newPlay('anthropic', standIn('asks'))
    const task = first(await plan(play, one))
    expect(task.owns).toEqual(['implementation/one.js', 'tests/one.test.js'])
    play.person = () => JSON.stringify({ option: 'text', label: 'A text', comment: 'not A number' })
    await implement(play, task, one)
    expect(play.tools).toEqual(['list_files', 'ask_human', 'write_file', 'write_file', 'run_command', 'finish'])
    expect(await readFile(path.join(play.folder, 'implementation/one.js'), 'utf8')).toContain('// A text')
  })

  test('does not ask again what was answered before, and does not guess', async () => {
    const play = await newPlay('openai', standIn('asks'))
    const task = first(await plan(play, one))
    play.person = () => 'whatever you like'
    expect(await implement(play, task, one)).toContain('Nothing was built')
    play.answers.push({ question: 'Number or text?', answer: 'A number', comment: '' })
    play.tools.length = 0
    await implement(play, task, one, 'The files were missing.')
    expect(play.tools).not.toContain('ask_human')
    expect(play.said.join()).toContain('The last attempt came back with')
  })

  test('reports a failing check and claims nothing; the reviewer refuses', async () => {
    const play = await newPlay('compatible', standIn('fails'))
    const task = first(await plan(play, one))
    expect(await implement(play, task, one)).toContain('failed')
    expect(play.tools).toEqual(['list_files', 'write_file', 'write_file', 'run_command', 'emit_signal', 'finish'])
    const verdict = await review(play, task, one)
    expect(verdict.verdict).toBe('request_changes')
    expect(verdict.findings.map((finding) => finding.statement)).toContain('S1')
  })

  test('gives up honestly on a file that can not be written', async () => {
    const play = await newPlay('compatible', standIn('works'))
    await writeFile(path.join(play.folder, 'tests'), 'a file where a folder is needed')
    const task = first(await plan(play, one))
    await expect(implement(play, task, one)).rejects.toThrow(/EEXIST|ENOTDIR/)
    const stuck = { ...play, folder: play.folder, tools: [] as string[] }
    expect(await implementWithRefusal(stuck, task)).toContain('could not be written')
    expect(stuck.tools.filter((name) => name === 'emit_signal')).toHaveLength(1)
  })

  test('leaves tasks alone that its rules did not plan', async () => {
    const play = await newPlay('anthropic', standIn('works'))
    const task = { ...first(await plan(play, one)), title: 'Other', owns: ['elsewhere.js'] }
    expect(await implement(play, task, one)).toContain('Nothing was built')
    expect(play.tools).toEqual(['finish'])
  })

  test('goes on after a tool call of its own went wrong', async () => {
    const play = await newPlay('openai', standIn('works'))
    const task = first(await plan(play, one))
    play.provider.faults.set([
      { kind: 'unknown-tool', times: 1, purpose: 'implement' },
      { kind: 'escape-path', times: 1, purpose: 'implement' },
    ])
    const outside = path.join(play.folder, 'deep', 'er')
    await mkdir(outside, { recursive: true })
    const inner = { ...play, folder: outside }
    expect(await implement(inner, task, one)).toContain('passed here')
  })
})

/** The same loop, with a write_file that always refuses. */
async function implementWithRefusal(play: Play, task: PlanTask): Promise<string> {
  const statements = splitStatements(one.text)
  const transcript: TranscriptEntry[] = [
    {
      role: 'user',
      text: workPrompt({ task: factsOf(task), requirement: one, statements, answers: [], feedback: '' }),
    },
  ]
  for (let turns = 0; turns < 10; turns += 1) {
    const { calls } = await turn(play, 'scripted-implementer', transcript)
    play.tools.push(...calls.map((call) => call.name))
    const end = calls.find((call) => call.name === 'finish')
    if (end) return toolInputs.finish.parse(end.input).summary
    const results = calls.map(({ callId, name }) => ({
      callId,
      name,
      output: name === 'write_file' ? 'The disk is full.' : 'ok',
      isError: name === 'write_file',
    }))
    transcript.push({ role: 'tool', results })
  }
  throw new Error('the implementer does not come to an end')
}

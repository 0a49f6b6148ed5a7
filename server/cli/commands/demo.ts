import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { describeEvent } from '#server/audit/rules/describe'
import type { Scope } from '#server/auth/model'
import { answerDecision } from '#server/decisions/commands'
import { type Option, optionsSchema } from '#server/decisions/model'
import { AppError } from '#server/kernel/app-error'
import { closeDatabase, database } from '#server/platform/database/client'
import { lastSequence, readEvents } from '#server/platform/events/log'
import { stopQueue } from '#server/platform/queue/queue'
import { submitRequirement } from '#server/requirements/commands'
import { isClosed, requirementStatusSchema } from '#server/requirements/model'
import { ensureDemoProject } from '#server/setup/commands'
import { workspacePath } from '#server/workspaces/git'
import { paint, say } from '../output'
import { loadEnvironmentFiles, type Product, startProduct } from '../product'
import { PROJECT } from '../project'
import { printResult } from './demo-result'

const SAMPLE = path.join(PROJECT, 'samples/task-board.md')
/** Milliseconds between looks at the event log. */
const LOOK_MS = 250

interface Arguments {
  file: string
  yes: boolean
  data?: string
  port?: number
}

function readArguments(args: string[]): Arguments {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { yes: { type: 'boolean', short: 'y' }, data: { type: 'string' }, port: { type: 'string' } },
  })
  const port = values.port === undefined ? undefined : Number(values.port)
  if (positionals.length > 1 || (port !== undefined && !Number.isInteger(port))) {
    const message = 'Usage: npm run demo -- [requirement.md] [--yes] [--data FOLDER] [--port N]'
    throw new AppError({ code: 'bad-arguments', kind: 'invalid', message })
  }
  const own = positionals[0]
  return {
    file: own === undefined ? SAMPLE : path.resolve(own),
    // The built-in sample is there to be watched: it needs nobody at the keyboard.
    yes: values.yes ?? (own === undefined || !process.stdin.isTTY),
    data: values.data,
    port,
  }
}

async function readRequirement(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (cause) {
    const message =
      cause instanceof TypeError
        ? `${file} is not text in UTF-8. Save it as UTF-8 text or Markdown.`
        : `${file} can't be read. Give the path of a text or Markdown file.`
    throw new AppError({ code: 'unreadable', kind: 'invalid', message, cause })
  }
}

/**
 * Takes a requirement all the way on this machine without a browser.
 * @returns 0 when it ended done or honestly partly done, else 1
 */
export async function run(args: string[]): Promise<number> {
  const given = readArguments(args)
  const text = await readRequirement(given.file)
  loadEnvironmentFiles()
  const asked = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => asked.abort())
  let product: Product | undefined
  try {
    product = await startProduct({
      port: given.port,
      dataDir: given.data,
      signal: asked.signal,
      onLine: (source, line) => source !== 'web' && source !== 'worker' && say(paint('dim', `${source} | ${line}`)),
    })
    return await follow(product, text, given, asked.signal)
  } finally {
    await stopQueue()
    await closeDatabase()
    await product?.stop()
  }
}

async function follow(product: Product, text: string, given: Arguments, signal: AbortSignal): Promise<number> {
  const { scope, projectId, scripted } = await ensureDemoProject()
  say()
  say(paint('bold', `Requirement: ${path.basename(given.file)}`))
  if (scripted)
    say(
      paint(
        'yellow',
        'Scripted: no AI model is called. Rules write real code and real tests; what they can not build is reported.',
      ),
    )
  say(`Watch it at ${product.setupUrl ?? product.url}`)
  say()
  let seen = await lastSequence(scope)
  const { id } = await submitRequirement(scope, { projectId, text, title: titleFrom(given.file), source: 'demo' })
  for (;;) {
    signal.throwIfAborted()
    seen = await printNews(scope, id, seen)
    await answerOpen(scope, id, given.yes, signal)
    const requirement = await database().requirement.findUniqueOrThrow({ where: { id } })
    const status = requirementStatusSchema.parse(requirement.status)
    if (isClosed(status)) {
      await printNews(scope, id, seen)
      await printResult(id)
      say(`Workspace   ${workspacePath(projectId)}`)
      say(`Address     ${product.url}/projects/${projectId}/requirements/${id} (while the product runs: npm start)`)
      return status === 'done' || status === 'partly_done' ? 0 : 1
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** Documents often begin with "Introduction": the file's name says more. The sample has a title of its own. */
function titleFrom(file: string): string | undefined {
  return file === SAMPLE ? undefined : path.basename(file, path.extname(file))
}

/** Prints what happened since the last look, one line an event. */
async function printNews(scope: Scope, requirementId: string, after: bigint): Promise<bigint> {
  const events = await readEvents(scope, { after, limit: 500 })
  const mine = events.filter((event) => event.requirementId === requirementId)
  if (mine.length === 0) return events.at(-1)?.sequence ?? after
  const { number } = await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })
  const tasks = await database().task.findMany({ where: { requirementId }, select: { id: true, ref: true } })
  const refs = new Map(tasks.map((task) => [task.id, task.ref]))
  for (const event of mine) {
    const names = { requirement: `R${number}`, task: refs.get(event.taskId ?? '') }
    const { text, tone } = describeEvent({ type: event.type, actor: event.actor, payload: event.payload, names })
    const colour = { neutral: 'dim', running: 'cyan', good: 'green', bad: 'red', 'needs-you': 'yellow' } as const
    say(`${paint('dim', event.at.toISOString().slice(11, 19))}  ${paint(colour[tone], text)}`)
  }
  return events.at(-1)?.sequence ?? after
}

async function answerOpen(scope: Scope, requirementId: string, yes: boolean, signal: AbortSignal): Promise<void> {
  const open = await database().decision.findMany({
    where: { requirementId, status: 'open' },
    orderBy: { createdAt: 'asc' },
  })
  for (const decision of open) {
    const options = optionsSchema.parse(decision.options)
    say()
    say(paint('yellow', `? ${decision.question}`))
    if (decision.why) say(`  ${decision.why}`)
    options.forEach((option, index) => {
      const mark = option.id === decision.recommended ? ' (recommended)' : ''
      say(`  ${index + 1}. ${option.label}${mark}: ${option.consequence}`)
    })
    const recommended = options.find((option) => option.id === decision.recommended) ?? (options[0] as Option)
    const chosen = yes ? recommended : await askAtPrompt(options, recommended, signal)
    say(`  → ${chosen.label}${yes ? ' (recommended, taken by --yes)' : ''}`)
    say()
    await answerDecision(scope, { decisionId: decision.id, option: chosen.id, comment: '' })
  }
}

async function askAtPrompt(options: Option[], recommended: Option, signal: AbortSignal): Promise<Option> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout })
  try {
    for (;;) {
      const line = (
        await prompt.question(`  Choose 1–${options.length}, Enter for the recommended one: `, { signal })
      ).trim()
      const chosen = line === '' ? recommended : options[Number(line) - 1]
      if (chosen) return chosen
    }
  } finally {
    prompt.close()
  }
}

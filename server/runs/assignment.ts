import { z } from 'zod'
import type { ToolDefinition } from '#server/agents/ports'
import { database } from '#server/platform/database/client'
import { presentMain } from '#server/workspaces/ensure'
import { commitWorktree, openWorktree } from '#server/workspaces/git'
import { outside } from '#server/workspaces/rules/paths'
import { RunError } from './errors'
import { type ToolName, toolInputs, toolNames } from './model'
import type { Assignment, CallContext, CallOutcome } from './ports'
import { tools } from './tools/toolset'

/** Times an agent may stop without calling finish before its words are taken as its last. */
const MOST_NUDGES = 2

const descriptions: Record<ToolName, string> = {
  list_files: 'Lists the files and folders of one folder.',
  read_file: 'Reads a text file.',
  write_file: 'Writes a whole file; folders are made as needed.',
  patch_file: 'Replaces a text that occurs exactly once in a file.',
  search_files: 'Finds a literal text in files under a folder.',
  run_command: 'Runs a shell command in the sandbox: no network, only this project.',
  ask_human: 'Asks a person one question and waits for the answer. Only for choices that change what is built.',
  emit_signal: 'Reports something worth knowing beyond this task.',
  finish: 'Ends the task. The orchestrator then re-runs the acceptance commands itself.',
}

const definitions: ToolDefinition[] = toolNames.map((name) => ({
  name,
  description: descriptions[name],
  parameters: z.toJSONSchema(toolInputs[name]) as Record<string, unknown>,
}))

const factsSchema = z.object({ owns: z.array(z.string()), ref: z.string(), title: z.string() })

/** An implementation: the agent's hands in its own worktree, and what it made as one commit. */
export function workAssignment(): Assignment {
  return {
    tools: definitions,
    judge(turn, turns) {
      if (turn.stop === 'refusal') {
        return { kind: 'fail', code: 'refused', message: `The model refused this task: ${turn.text.slice(0, 300)}` }
      }
      if (turn.stop === 'max_tokens') {
        return {
          kind: 'reply',
          text: 'Your answer was cut at the output limit and nothing of it was run. Go on in smaller steps, for example one file a call.',
        }
      }
      const silent = turns.filter((candidate) => candidate.calls.length === 0 && candidate.stop === 'end').length
      if (silent <= MOST_NUDGES) {
        return { kind: 'reply', text: 'Go on with the tools, or call finish if the task is done.' }
      }
      return { kind: 'accept', result: { summary: turn.text } }
    },
    call: callTool,
    async end(result, { run, log }) {
      const { base } = await worktreeOf(run)
      const agent = await database().agent.findUniqueOrThrow({ where: { id: run.agentId }, select: { name: true } })
      const { owns, ref, title } = factsSchema.parse((run.prompt as { facts: unknown }).facts)
      const scripted = run.providerMode === 'scripted'
      const made = await commitWorktree({
        projectId: run.projectId,
        runId: run.id,
        base,
        message: `${ref} ${title}`,
        author: { name: scripted ? `${agent.name} (scripted)` : agent.name, email: 'agent@orchestrator.invalid' },
        trailers: {
          Task: ref,
          Run: run.id,
          Agent: agent.name,
          ...(scripted ? { Scripted: 'yes, no AI model was called' } : {}),
        },
      })
      const strangers = outside(owns, made?.files.map((file) => file.path) ?? [])
      if (strangers.length > 0) throw outsideOwnership(strangers, owns)
      log.write('notice', made ? `${made.files.length} files changed.\n` : 'No file was changed.\n')
      const touched = made?.files.map((file) => file.path) ?? []
      return { result, baseCommit: base, commit: made?.commit ?? base, touched }
    },
  }
}

function outsideOwnership(strangers: string[], owns: string[]): RunError {
  return new RunError({
    code: 'outside-ownership',
    kind: 'conflict',
    message: `The diff touches files that the task does not own: ${strangers.slice(0, 10).join(', ')}. It owns ${owns.join(', ')}.`,
    details: { strangers, owns },
  })
}

async function worktreeOf(run: CallContext['run']): Promise<{ path: string; base: string }> {
  // The first open records the base; a worktree that exists is used as it is, with what the run did so far.
  const base = run.baseCommit ?? (await presentMain(run.projectId))
  return openWorktree({ projectId: run.projectId, runId: run.id, base })
}

async function callTool(name: string, input: unknown, context: CallContext): Promise<CallOutcome> {
  const tool = isTool(name) ? name : null
  if (!tool) {
    return { kind: 'done', isError: true, output: `There is no tool "${name}". There are: ${toolNames.join(', ')}.` }
  }
  const parsed = toolInputs[tool].safeParse(input)
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`)
    return { kind: 'done', isError: true, output: `The arguments do not fit ${tool}: ${faults.join('; ')}` }
  }
  const { path } = await worktreeOf(context.run)
  // The schema was chosen by the same name, so input and tool belong together; TypeScript can't follow that.
  const run = tools[tool] as (input: unknown, bench: { worktree: string; context: CallContext }) => Promise<CallOutcome>
  return run(parsed.data, { worktree: path, context })
}

function isTool(name: string): name is ToolName {
  return (toolNames as string[]).includes(name)
}

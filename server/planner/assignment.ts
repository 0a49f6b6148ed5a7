import { z } from 'zod'
import { capabilitySchema } from '#server/agents/model'
import { block } from '#server/kernel/blocks'
import type { Assignment } from '#server/runs/ports'
import type { StoredTurn } from '#server/runs/rules/transcript'
import { presentMain } from '#server/workspaces/ensure'
import { listFiles } from '#server/workspaces/git'
import { planSchema } from './model'
import { checkPlan, type Problem } from './rules/plan-check'
import { repairPrompt, WORKSPACE_PLACE } from './rules/prompt'

/** Existing files that the Analyst is told about. */
const MOST_FILES = 2_000

/** Repairs an Analyst gets in the same conversation before another agent is asked. */
const MOST_REPAIRS = 2

const factsSchema = z.object({
  capabilities: z.array(capabilitySchema),
  statements: z.array(z.object({ ref: z.string(), kind: z.string() })),
})

const answer = { name: 'plan', schema: z.toJSONSchema(planSchema) as Record<string, unknown> }

/** A planning run: no tools, one JSON answer, checked by rules and sent back with its faults at most twice. */
export function planAssignment(): Assignment {
  return {
    tools: [],
    answer,
    async prepare(prompt, { run }) {
      const files = await listFiles(run.projectId, await presentMain(run.projectId))
      const paths = files.map((file) => file.path).slice(0, MOST_FILES)
      return { ...prompt, user: prompt.user.replace(WORKSPACE_PLACE, () => block('workspace', [paths])) }
    },
    judge(turn, turns, prompt) {
      if (turn.stop === 'refusal') {
        return { kind: 'fail', code: 'refused', message: `The model refused to plan this: ${turn.text.slice(0, 300)}` }
      }
      const verdict = checkPlan(turn.text, factsSchema.parse(prompt.facts))
      if (verdict.ok) return { kind: 'accept', result: verdict.plan }
      if (turns.length > MOST_REPAIRS) return giveUp(turn, verdict.problems)
      const cut = turn.stop === 'max_tokens' ? 'The answer was cut at the output limit: make a smaller plan.\n' : ''
      return { kind: 'reply', text: cut + repairPrompt(verdict.problems) }
    },
    call: async (name) => ({ kind: 'done', output: `There is no tool ${name} in planning.`, isError: true }),
    end: async (result) => ({ result }),
  }
}

function giveUp(turn: StoredTurn, problems: Problem[]) {
  const list = problems.slice(0, 5).map((problem) => problem.message)
  return {
    kind: 'fail' as const,
    code: 'plan-invalid' as const,
    message: `The plan was refused ${MOST_REPAIRS + 1} times: ${list.join(' ')}`,
    details: { problems, answer: turn.text.slice(0, 20_000) },
  }
}

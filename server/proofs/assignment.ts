import { z } from 'zod'
import { block } from '#server/kernel/blocks'
import { maskKeys } from '#server/platform/logging/redact'
import { reviewSchema } from '#server/runs/model'
import type { Assignment } from '#server/runs/ports'
import { diffText } from '#server/workspaces/git'
import { DIFF_PLACE } from './commands'

/** Bytes of a diff that a reviewer reads. */
const DIFF_BYTES = 200_000
const MOST_REPAIRS = 2

const answer = { name: 'review', schema: z.toJSONSchema(reviewSchema) as Record<string, unknown> }
const factsSchema = z.object({ base: z.string(), commit: z.string() })

/** A review: no tools, one JSON verdict. */
export function reviewAssignment(): Assignment {
  return {
    tools: [],
    answer,
    async prepare(prompt, { run }) {
      const { base, commit } = factsSchema.parse(prompt.facts)
      const diff = await diffText(run.projectId, base, commit, { maxBytes: DIFF_BYTES })
      return {
        ...prompt,
        user: prompt.user.replace(DIFF_PLACE, () =>
          block('diff', [{ text: maskKeys(diff), truncated: diff.length >= DIFF_BYTES }]),
        ),
      }
    },
    judge(turn, turns) {
      if (turn.stop === 'refusal') {
        return {
          kind: 'fail',
          code: 'refused',
          message: `The model refused to review this: ${turn.text.slice(0, 300)}`,
        }
      }
      const review = readReview(turn.text)
      if (review) return { kind: 'accept', result: review }
      if (turns.length > MOST_REPAIRS) {
        return { kind: 'fail', code: 'answer-invalid', message: 'The reviewer did not answer in the agreed form.' }
      }
      return {
        kind: 'reply',
        text: 'That is not one JSON object of the given schema. Answer again, with nothing else.',
      }
    },
    call: async (name) => ({ kind: 'done', output: `There is no tool ${name} in a review.`, isError: true }),
    end: async (result) => ({ result }),
  }
}

function readReview(text: string) {
  try {
    const json: unknown = JSON.parse(text.trim().replace(/^```(?:json)?\n|\n```$/g, ''))
    const parsed = reviewSchema.safeParse(json)
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

import { z } from 'zod'
import { impactSchema, signalKindSchema, urgencySchema } from '../model'

/** What a payload should be taken for, by somebody's judgement. */
export interface Judgement {
  kind: string
  urgency: string
  impact: string
}
export const fields = ['kind', 'urgency', 'impact'] as const

const judgement = z.object({ kind: signalKindSchema, urgency: urgencySchema, impact: impactSchema })
const named = judgement.extend({
  file: z.string().optional(),
  name: z.string().optional(),
  path: z.string().optional(),
})
const labelFile = z.union([
  z.record(z.string(), judgement).transform((labels) => new Map<string, Judgement>(Object.entries(labels))),
  z
    .array(named)
    .transform((rows) => new Map<string, Judgement>(rows.map((row) => [row.file ?? row.path ?? row.name ?? '', row]))),
])

/** Labels as JSON: an object by file name, or a list of `{ file, kind, urgency, impact }`. @throws ZodError */
export function readLabels(json: unknown): Map<string, Judgement> {
  return labelFile.parse(json)
}

/** A label by the path inside the folder, or by the file's name alone. */
export function labelOf(labels: ReadonlyMap<string, Judgement>, file: string): Judgement | null {
  return labels.get(file) ?? labels.get(file.split('/').at(-1) ?? file) ?? null
}

/**
 * The mean of F1 over the classes that occur among labels or verdicts, each counted the same however rare.
 * @param pairs wanted and given, one for each payload; a payload nobody judged is given as an empty word
 */
export function macroF1(pairs: readonly (readonly [wanted: string, given: string])[]): number {
  const classes = [...new Set(pairs.flat())].filter((name) => name !== '')
  if (classes.length === 0) return 0
  const scores = classes.map((name) => {
    const hit = pairs.filter(([wanted, given]) => wanted === name && given === name).length
    const missed = pairs.filter(([wanted, given]) => wanted === name && given !== name).length
    const wrong = pairs.filter(([wanted, given]) => wanted !== name && given === name).length
    return hit === 0 ? 0 : (2 * hit) / (2 * hit + missed + wrong)
  })
  return scores.reduce((sum, score) => sum + score, 0) / scores.length
}

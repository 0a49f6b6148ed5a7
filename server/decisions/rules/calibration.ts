/** An earlier prediction: how sure the vote was, and whether people then chose it. */
export interface Scored {
  raw: number
  correct: boolean
}

interface Step {
  /** the lowest raw score it holds for */
  from: number
  value: number
}

/** Pretended earlier predictions by which every level is drawn to its raw score: few cases can't claim certainty. */
const PRIOR = 4

/**
 * Turns raw scores into frequencies: isotonic regression (pooling neighbours until agreement never falls while the
 * score rises) over earlier predictions, each level drawn to its own score by a small prior.
 */
export function calibrator(scored: readonly Scored[]): (raw: number) => number {
  const steps = pooled(scored)
  return (raw) => {
    const step = steps.findLast((candidate) => candidate.from <= raw) ?? steps[0]
    return step ? step.value : shrunk({ sum: 0, count: 0, raw })
  }
}

interface Block {
  from: number
  sum: number
  count: number
  raw: number
}

function pooled(scored: readonly Scored[]): Step[] {
  const sorted = [...scored].sort((a, b) => a.raw - b.raw)
  const blocks: Block[] = []
  for (const { raw, correct } of sorted) {
    blocks.push({ from: raw, sum: correct ? 1 : 0, count: 1, raw })
    while (mustPool(blocks)) {
      const [last, before] = [blocks.pop() as Block, blocks.pop() as Block]
      const count = last.count + before.count
      blocks.push({
        from: before.from,
        sum: last.sum + before.sum,
        count,
        raw: (last.raw * last.count + before.raw * before.count) / count,
      })
    }
  }
  return monotone(blocks.map((block) => ({ from: block.from, value: shrunk(block) })))
}

/** The last two levels fall or stand still, or one of them is the same score as the other. */
function mustPool(blocks: Block[]): boolean {
  const [before, last] = [blocks.at(-2), blocks.at(-1)]
  if (!before || !last) return false
  return before.sum / before.count >= last.sum / last.count || before.from === last.from
}

function shrunk({ sum, count, raw }: Pick<Block, 'sum' | 'count' | 'raw'>): number {
  return (sum + PRIOR * raw) / (count + PRIOR)
}

/** Drawing levels to their scores may turn two around; a higher score never means less confidence. */
function monotone(steps: Step[]): Step[] {
  let least = 0
  return steps.map((step) => {
    least = Math.max(least, step.value)
    return { from: step.from, value: least }
  })
}

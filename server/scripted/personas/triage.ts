import type { Conversation, Step } from '#server/scripted/model'
import { type Report, reportOf } from '#server/scripted/rules/report'
import type { Triage } from '#server/signals/rules/triage'

type Judgement = Pick<Triage, 'kind' | 'urgency' | 'impact'>

interface Script {
  words: RegExp
  told: string
  judgement: Judgement
}

/** The first whose words occur decides; the gravest come first. */
const scripts: readonly Script[] = [
  {
    words: /\b(outage|down|data loss|breach|leak(ed)?|production)\b/i,
    told: 'trouble where users are',
    judgement: { kind: 'quality_issue', urgency: 'now', impact: 'project' },
  },
  {
    words: /\b(fail(s|ed|ing|ure)?|errors?|broken?|crash(es|ed)?|bugs?|slow|wrong|flaky)\b/i,
    told: 'something wrong',
    judgement: { kind: 'quality_issue', urgency: 'today', impact: 'project' },
  },
  {
    words: /\b(ideas?|could|suggest(s|ed|ion)?|would be nice)\b/i,
    told: 'an idea',
    judgement: { kind: 'innovation', urgency: 'whenever', impact: 'project' },
  },
  {
    words: /\b(need(s|ed)?|wants?|please|should|add)\b/i,
    told: 'a wish',
    judgement: { kind: 'requirement', urgency: 'today', impact: 'project' },
  },
  {
    words: /\b(done|ready|released|deployed|finished|succeeded)\b/i,
    told: 'something that is ready',
    judgement: { kind: 'integration', urgency: 'whenever', impact: 'project' },
  },
]

const unknown: Judgement = { kind: 'decision_needed', urgency: 'today', impact: 'project' }

/** Judges a report by the words in it, and says that nothing more than that was done. */
export function triage(conversation: Conversation): Step {
  const report = reportOf(conversation)
  return {
    thinking: '[scripted] I look for a few words in the report. I do not understand it.',
    text: JSON.stringify(judge(report)),
    calls: [],
    stop: 'end',
  }
}

function judge({ title, detail }: Report): Triage {
  const text = `${title}\n${detail}`
  for (const { words, told, judgement } of scripts) {
    const word = words.exec(text)?.[0]
    if (word) return { ...judgement, why: `[scripted] The word “${word}” stands for ${told}.` }
  }
  return { ...unknown, why: '[scripted] No word of it is in my list: somebody should look.' }
}

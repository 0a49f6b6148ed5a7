import type { Conversation, Step } from '#server/scripted/model'
import { analyst } from '#server/scripted/personas/analyst'
import { implementer } from '#server/scripted/personas/implementer'
import { reviewer } from '#server/scripted/personas/reviewer'
import { triage } from '#server/scripted/personas/triage'
import { purposeOf } from '#server/scripted/rules/blocks'
import { sampleOf } from '#server/scripted/rules/strict-schema'
import type { Compile } from '#server/scripted/rules/whole-build'

/** What comes next in a conversation: a pure function of what was said so far, so it survives every restart. */
export function nextStep(conversation: Conversation, compile: Compile): Step {
  switch (purposeOf(conversation)) {
    case 'plan':
    case 'repair':
      return analyst(conversation, compile)
    case 'implement':
      return implementer(conversation, compile)
    case 'review':
      return reviewer(conversation)
    case 'triage':
      return triage(conversation)
    default:
      return unknownPurpose(conversation)
  }
}

function unknownPurpose({ answer, turns }: Conversation): Step {
  const said = turns.findLast((turn) => turn.role === 'user')?.text ?? ''
  const words = `[scripted] No AI model answers here. I know the purposes plan, implement, review and triage; this text names none of them: “${said.slice(0, 120)}”`
  const text = answer
    ? JSON.stringify(answer.schema ? sampleOf(answer.schema, '[scripted]') : { scripted: true })
    : words
  return { thinking: '[scripted] The prompt names no purpose that I have a script for.', text, calls: [], stop: 'end' }
}

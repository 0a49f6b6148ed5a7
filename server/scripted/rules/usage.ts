import type { Conversation, Step, TokenUsage, Turn } from '#server/scripted/model'
import { tokensIn } from '#server/scripted/rules/pieces'

/** The last tokens of a request are never part of a cached prefix. */
const UNCACHED_TAIL = 4

function turnTokens(turn: Turn): number {
  switch (turn.role) {
    case 'user':
      return tokensIn(turn.text) + 3
    case 'assistant':
      return turn.calls.reduce(
        (sum, call) => sum + tokensIn(call.name) + tokensIn(JSON.stringify(call.input) ?? '') + 3,
        tokensIn(turn.text) + 3,
      )
    case 'results':
      return turn.results.reduce((sum, result) => sum + tokensIn(result.output) + 3, 0)
  }
}

/** Input tokens of a conversation, whole. `overhead` is the text of tools and schemas. */
export function inputTokens(conversation: Conversation, overhead: string): number {
  const ground = tokensIn(conversation.system) + tokensIn(overhead)
  return conversation.turns.reduce((sum, turn) => sum + turnTokens(turn), ground)
}

/**
 * Usage as a provider with a prompt cache would report it. The request before this one ended where the last assistant
 * turn begins, so its prefix is what the cache holds: over a conversation, each read equals the previous read + write.
 */
export function usageOf(conversation: Conversation, step: Step, overhead: string, caches: boolean): TokenUsage {
  const total = inputTokens(conversation, overhead)
  const thinking = tokensIn(step.thinking)
  const output = step.calls.reduce(
    (sum, call) => sum + tokensIn(call.name) + tokensIn(call.arguments),
    tokensIn(step.text) + thinking,
  )
  const spent = { output: Math.max(1, output), thinking }
  if (!caches) return { fresh: total, cacheRead: 0, cacheWrite: 0, ...spent }
  const cacheable = (tokens: number): number => Math.max(0, tokens - UNCACHED_TAIL)
  const lastAssistant = conversation.turns.findLastIndex((turn) => turn.role === 'assistant')
  const before = { ...conversation, turns: conversation.turns.slice(0, Math.max(0, lastAssistant)) }
  const cacheRead = lastAssistant < 0 ? 0 : cacheable(inputTokens(before, overhead))
  const cacheWrite = cacheable(total) - cacheRead
  return { fresh: total - cacheRead - cacheWrite, cacheRead, cacheWrite, ...spent }
}

/** A real model stops in the middle of a word when `max_tokens` is reached; so does this one. */
export function cutToLimit(step: Step, maxOutputTokens: number | null): Step {
  if (maxOutputTokens === null || step.stop === 'refusal') return step
  let left = maxOutputTokens * 4
  const take = (text: string): string => {
    const taken = Array.from(text).slice(0, Math.max(0, left)).join('')
    left -= text.length
    return taken
  }
  const thinking = take(step.thinking)
  const text = take(step.text)
  const calls = step.calls.flatMap((call) => (left <= 0 ? [] : [{ name: call.name, arguments: take(call.arguments) }]))
  return left >= 0 ? step : { thinking, text, calls, stop: 'max_tokens' }
}

import type { Prompt } from '#server/agents/ports'

/** Rough count for text and code when the provider told us nothing: 3.5 characters per token, rounded up. */
export function estimateTokens(characters: number): number {
  return Math.ceil(characters / 3.5)
}

/** The same for everything a prompt sends. */
export function estimatePromptTokens(prompt: Prompt): number {
  const rest = JSON.stringify([prompt.transcript, prompt.tools, prompt.answer ?? null])
  return estimateTokens(prompt.system.length + rest.length)
}

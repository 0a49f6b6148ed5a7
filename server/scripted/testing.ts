import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterEach } from 'vitest'
import { block } from '#server/kernel/blocks'
import { type ScriptedOptions, type ScriptedProvider, startScriptedProvider } from '#server/scripted/server'

const running: ScriptedProvider[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((provider) => provider.close()))
})

/** A provider that is stopped after the test, and the three clients as the connectors configure them: no own retries. */
export async function started(options: ScriptedOptions = {}) {
  const provider = await startScriptedProvider({ control: true, ...options })
  running.push(provider)
  return { provider, url: provider.url, ...clients(provider.url) }
}

export function clients(url: string) {
  const common = { apiKey: 'scripted', maxRetries: 0 }
  return {
    anthropic: new Anthropic({ ...common, baseURL: `${url}/anthropic` }),
    openai: new OpenAI({ ...common, baseURL: `${url}/openai/v1` }),
    compatible: new OpenAI({ ...common, baseURL: `${url}/compatible/v1` }),
  }
}

export const statements = [
  { ref: 'S1', kind: 'behaviour', section: 'Words', text: 'The function countWords("one two") returns 2.' },
  { ref: 'S2', kind: 'behaviour', section: 'Words', text: 'It should feel delightful.' },
] as const

/** The first message of an implementing run whose task no rule knows. */
export function foreignTask(): string {
  const task = {
    ref: 'T1',
    title: 'Paint it',
    kind: 'implement',
    instructions: '',
    statements: ['S2'],
    owns: ['a.txt'],
    reads: [],
    acceptance: [],
  }
  return [
    '<purpose>implement</purpose>',
    block('task', [task]),
    block('requirement', [{ title: 'Words', text: 'It should feel delightful.' }]),
    block('statements', statements),
    block('answers', []),
  ].join('\n')
}

/** A tool as the connectors describe it: strict, everything required. */
export const listFiles = {
  name: 'list_files',
  description: 'Lists files.',
  schema: {
    type: 'object' as const,
    properties: { path: { type: 'string' } },
    required: ['path'],
    additionalProperties: false,
  },
}

/** What a promise was rejected with; fails when it was not. */
export async function rejection(promise: PromiseLike<unknown>): Promise<Error & { status?: number }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('expected a rejection')
}

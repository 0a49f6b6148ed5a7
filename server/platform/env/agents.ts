import { z } from 'zod'
import { environmentFragment } from './read'

const apiKey = (vendor: string) =>
  z.string().min(8).optional().describe(`set it to an API key of ${vendor}, or leave it out`)
const address = (whose: string) =>
  z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(`set it to the address of ${whose}, or leave it out`)

/**
 * The model providers' keys that apply to the whole installation (a project's own keys come first), and other
 * addresses for them, such as a company gateway or a local Ollama. SCRIPTED_URL is the scripted provider that the
 * launcher starts; without any key it is what agents talk to, and they say so.
 */
export const agentsEnvironment = environmentFragment({
  ANTHROPIC_API_KEY: apiKey('Anthropic'),
  OPENAI_API_KEY: apiKey('OpenAI'),
  DEEPSEEK_API_KEY: apiKey('DeepSeek'),
  ANTHROPIC_BASE_URL: address('a server that speaks the Anthropic Messages API'),
  OPENAI_BASE_URL: address('a server that speaks the OpenAI Responses API'),
  DEEPSEEK_BASE_URL: address('a server that speaks the OpenAI Chat Completions API'),
  SCRIPTED_URL: address('the scripted provider'),
  PROVIDER_IDLE_SECONDS: z.coerce
    .number()
    .min(1)
    .max(600)
    .default(90)
    .describe('set it to the seconds of silence after which a model call is given up, 1 to 600'),
})

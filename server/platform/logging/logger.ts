import { ecsFormat } from '@elastic/ecs-pino-format'
import { type DestinationStream, type Logger, pino } from 'pino'
import { environmentVariable } from '#server/platform/env/inherited'
import { loggingEnvironment } from '#server/platform/env/logging'
import { maskSecrets, redactedPaths, registerSecret } from './redact'

/** Variables of the environment whose values are secrets of the whole process. */
const SECRET_VARIABLES = [
  'NEXTAUTH_SECRET',
  'ORCHESTRATOR_KEY',
  'ORCHESTRATOR_KEY_PREVIOUS',
  'GITHUB_SECRET',
  'OIDC_SECRET',
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'DEEPSEEK_API_KEY',
]

function registerEnvironmentSecrets(): void {
  for (const name of SECRET_VARIABLES) registerSecret(environmentVariable(name))
  for (const name of ['DATABASE_URL', 'EMAIL_SERVER']) {
    const address = environmentVariable(name)
    if (!address || !URL.canParse(address)) continue
    const password = new URL(address).password
    registerSecret(password)
    if (password) registerSecret(decodeURIComponent(password))
  }
}

/**
 * A logger that writes one JSON object per line with the field names of the Elastic Common Schema (`@timestamp`,
 * `log.level`, `message`, `error.stack_trace` …). The whole line goes through the mask of registered secrets, so a
 * secret inside a message or an error's stack is caught as well as one in a field.
 */
export function createLogger(destination?: DestinationStream): Logger {
  registerEnvironmentSecrets()
  const { LOG_LEVEL: level, ORCHESTRATOR_PROCESS: serviceName } = loggingEnvironment()
  const options = {
    ...ecsFormat({ serviceName, apmIntegration: false }),
    level,
    redact: redactedPaths,
    hooks: { streamWrite: maskSecrets },
  }
  return destination ? pino(options, destination) : pino(options)
}

const slot = globalThis as { orchestratorLogger?: Logger }

/** The process's logger, made on first use. Give errors as `{ err: error }`. */
export function logger(): Logger {
  slot.orchestratorLogger ??= createLogger()
  return slot.orchestratorLogger
}

/**
 * What child processes inherit, with changes: `undefined` removes a variable. The only door through which programs
 * outside this folder see the whole environment, and they may only pass it on.
 */
export function inheritedEnvironment(changes: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...changes }
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete environment[name]
  return environment
}

/** One variable of this process, or `undefined` when it is missing or empty. For launchers and tests only. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name] || undefined
}

/** Sets a variable for this process before the fragment that reads it is first asked. For launchers and tests only. */
export function setEnvironmentVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

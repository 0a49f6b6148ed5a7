import { AppError } from '#server/kernel/app-error'
import { complain, endWithReader, isUnread, say } from './output'

interface Command {
  help: string
  load: () => Promise<{ run: (args: string[]) => Promise<number> }>
}

/** Every command; each is loaded only when it is asked for. */
const COMMANDS: Record<string, Command> = {
  start: {
    help: 'start the product  [--port N] [--data FOLDER] [--no-build]',
    load: () => import('./commands/start'),
  },
  dev: {
    help: 'start it from its sources, reloading what is saved  [--port N] [--data FOLDER]',
    load: () => import('./commands/dev'),
  },
  demo: {
    help: 'take a requirement all the way without a browser  [FILE] [--yes] [--data FOLDER] [--port N]',
    load: () => import('./commands/demo'),
  },
  doctor: { help: 'say what this machine has and lacks', load: () => import('./commands/doctor') },
  migrate: {
    help: 'bring the database to the present schema  [--data FOLDER]',
    load: () => import('./commands/migrate'),
  },
  openapi: { help: 'write docs/openapi.json  [--check]', load: () => import('./commands/openapi') },
  precedents: {
    help: 'print what answering by precedent would be worth  [--seed N] [--noise 0.1] [--count 500] [--threshold 0.8] | --organization SLUG --kind KIND',
    load: () => import('./commands/precedents'),
  },
  test: {
    help: 'run every check and test  [--fast leaves out faults and the browser]',
    load: () => import('./commands/test'),
  },
}

function printHelp(): void {
  say('Usage: orchestrator <command>')
  for (const [name, { help }] of Object.entries(COMMANDS)) say(`  ${name.padEnd(12)}${help}`)
}

async function main([name = 'help', ...args]: string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    printHelp()
    return name === 'help' || name === '--help' ? 0 : 2
  }
  try {
    const { run } = await command.load()
    return await run(args)
  } catch (error) {
    if (isUnread()) return 0
    const code = (error as { code?: string }).code ?? ''
    const forPeople = error instanceof AppError || code.startsWith('ERR_PARSE_ARGS')
    complain(forPeople ? (error as Error).message : String((error as Error)?.stack ?? error))
    return 1
  }
}

endWithReader()
process.exitCode = await main(process.argv.slice(2))

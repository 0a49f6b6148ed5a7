import path from 'node:path'
import { parseArgs } from 'node:util'
import { startEmbeddedPostgres } from '#server/platform/database/embedded'
import { migrate } from '#server/platform/database/migrate'
import { environmentVariable } from '#server/platform/env/inherited'
import { say } from '../output'
import { loadEnvironmentFiles } from '../product'
import { PROJECT } from '../project'

/** `migrate [--data FOLDER]`: brings DATABASE_URL, or the embedded database, to the present schema. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { data: { type: 'string' } } })
  loadEnvironmentFiles()
  const folder = path.resolve(PROJECT, values.data ?? environmentVariable('ORCHESTRATOR_DATA') ?? '.data')
  const given = environmentVariable('DATABASE_URL')
  const database = given ? { url: given, stop: async () => {} } : await startEmbeddedPostgres({ folder, log: say })
  try {
    const { applied } = await migrate(database.url, PROJECT)
    for (const name of applied) say(`applied ${name}`)
    if (applied.length === 0) say('The database is up to date.')
    return 0
  } finally {
    await database.stop()
  }
}

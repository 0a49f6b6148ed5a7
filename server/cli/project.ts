import path from 'node:path'

/** The folder of the repository; every program is started there. */
export const PROJECT = path.resolve(import.meta.dirname, '../..')

/** A file inside an installed package. */
export function packageFile(file: string): string {
  return path.join(PROJECT, 'node_modules', file)
}

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '#server/kernel/app-error'
import { inheritedEnvironment } from '#server/platform/env/inherited'
import { byLine } from './output'

/** Folders whose contents can't change what the web server does. */
const NOT_SOURCES = new Set(['node_modules', 'e2e', 'docs', 'bench', 'deploy', 'generated'])
const SOURCE_FILE = /\.(tsx?|jsx?|mjs|cjs|css|json|svg|png|ico|woff2|prisma|sql|md|txt)$/
const NOT_SOURCE_FILE = /(\.test\.tsx?|\.tsbuildinfo|^next-env\.d\.ts)$/

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || NOT_SOURCES.has(entry.name)) continue
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) yield* sourceFiles(file)
    else if (SOURCE_FILE.test(entry.name) && !NOT_SOURCE_FILE.test(entry.name)) yield file
  }
}

/** A fingerprint of everything a build depends on: the sources, the installed versions, and Node's own version. */
export function sourceFingerprint(projectFolder: string): string {
  const hash = createHash('sha256').update(process.versions.node)
  for (const file of sourceFiles(projectFolder)) {
    hash.update(`\0${path.relative(projectFolder, file)}\0`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

const stampFile = (projectFolder: string) => path.join(projectFolder, '.next', 'orchestrator-sources')

/** Whether the web server was built from exactly these sources. */
export function isBuilt(projectFolder: string): boolean {
  const [stamp, build] = [stampFile(projectFolder), path.join(projectFolder, '.next', 'BUILD_ID')]
  if (!existsSync(stamp) || !existsSync(build)) return false
  return readFileSync(stamp, 'utf8') === sourceFingerprint(projectFolder)
}

export interface WebBuildOptions {
  projectFolder: string
  onLine: (line: string) => void
  signal?: AbortSignal | undefined
}

/**
 * Builds the web server with `next build` unless it is built from these sources already.
 * @returns whether anything had to be built
 * @throws AppError `web-build-failed`
 */
export async function ensureBuilt({ projectFolder, onLine, signal }: WebBuildOptions): Promise<boolean> {
  if (isBuilt(projectFolder)) return false
  const fingerprint = sourceFingerprint(projectFolder)
  const program = path.join(projectFolder, 'node_modules', 'next', 'dist', 'bin', 'next')
  const child = spawn(process.execPath, [program, 'build'], {
    cwd: projectFolder,
    env: inheritedEnvironment({ NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }),
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  for (const stream of [child.stdout, child.stderr]) {
    const lines = byLine(onLine)
    stream.setEncoding('utf8').on('data', lines.push).on('end', lines.end)
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) {
    const message = 'The web interface could not be built; what Next said is above.'
    throw new AppError({ code: 'web-build-failed', kind: 'internal', message })
  }
  writeFileSync(stampFile(projectFolder), fingerprint)
  return true
}

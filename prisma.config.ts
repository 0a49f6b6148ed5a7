import { chmodSync } from 'node:fs'
import path from 'node:path'
import { defineConfig } from 'prisma/config'

// Prisma's command line downloads a native schema engine before any command, even `prisma generate`. Where that is not
// possible, the same engine in its official WebAssembly build (an npm package) does the work behind our stand-in.
// This file is evaluated before the command line looks for the binary.
const standIn = path.join(import.meta.dirname ?? process.cwd(), 'prisma/engine/schema-engine.mjs')
if (!process.env.PRISMA_SCHEMA_ENGINE_BINARY && process.platform !== 'win32') {
  try {
    chmodSync(standIn, 0o755) // downloads as a zip file lose the executable bit
  } catch {
    // a read-only checkout: the bit is then as the packager left it
  }
  process.env.PRISMA_SCHEMA_ENGINE_BINARY = standIn
}
process.env.CHECKPOINT_DISABLE ??= '1'

export default defineConfig({
  schema: 'prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: {
    // Not Prisma's `env()` helper: it throws when the variable is absent, even for `prisma generate`.
    url: process.env.DATABASE_URL ?? 'postgresql://postgres@127.0.0.1:5432/orchestrator',
    ...(process.env.SHADOW_DATABASE_URL ? { shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL } : {}),
  },
})

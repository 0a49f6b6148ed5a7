import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser'
import { describe, expect, it } from 'vitest'
import { actions } from '#server/auth/rules/permissions'
import configuration, { ALL_ROLES, RULE_NAMES } from './dependency-cruiser.config.mjs'
import {
  ADAPTER_FOLDERS,
  EMPTY_NAMES,
  FOUNDATIONS,
  MECHANISMS,
  MOST_LINES,
  ROOMS,
  SCRIPTED,
  TEST_ROLES,
  WIRES,
} from './house-vocabulary.mjs'

const PROJECT = path.resolve(import.meta.dirname, '..')
const SOURCE_FOLDERS = ['server', 'app', 'components', 'client', 'e2e', 'prisma']
const GENERATED = 'server/platform/database/generated'

/** Every source file, relative to the project. */
function sources(folder: string): string[] {
  const absolute = path.join(PROJECT, folder)
  return readdirSync(absolute, { withFileTypes: true }).flatMap((entry) => {
    const file = `${folder}/${entry.name}`
    if (file === GENERATED || entry.name === 'node_modules') return []
    if (entry.isDirectory()) return sources(file)
    return /\.(tsx?|mjs|js)$/.test(entry.name) ? [file] : []
  })
}

const present = new Set(readdirSync(PROJECT))
const files = SOURCE_FOLDERS.filter((folder) => present.has(folder)).flatMap(sources)

async function violations(folder: string, entries: string[]): Promise<{ cruised: number; found: string[] }> {
  const { forbidden, options } = configuration
  const { output } = await cruise(
    entries,
    { ...options, baseDir: folder, validate: true, ruleSet: { forbidden } as unknown as IFlattenedRuleSet },
    { bustTheCache: true },
    { tsConfig: { options: {} } },
  )
  const { summary } = output as ICruiseResult
  return {
    cruised: summary.totalCruised,
    found: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort(),
  }
}

describe('names', () => {
  const roles = new Set([...ALL_ROLES, ...ADAPTER_FOLDERS, ...TEST_ROLES])
  const topLevel = new Set([...ROOMS, ...FOUNDATIONS, ...WIRES, SCRIPTED])
  const byHand = new Set(['events', 'flow', 'flow.test', 'house.test', 'house-vocabulary', 'dependency-cruiser.config'])

  it('the server has only the rooms, foundations and wires of the vocabulary', () => {
    const strangers = files
      .filter((file) => file.startsWith('server/'))
      .map((file) => (file.split('/')[1] as string).replace(/\.(ts|mjs)$/, ''))
      .filter((name) => !topLevel.has(name) && !byHand.has(name))
    expect([...new Set(strangers)]).toEqual([])
  })

  it('a room has only the roles of the vocabulary and its own listed mechanisms', () => {
    const strangers = files.filter((file) => {
      const [root, room = '', name = ''] = file.split('/')
      if (root !== 'server' || !ROOMS.includes(room)) return false
      const role = name.split('.')[0] as string
      const mechanisms: Record<string, string[]> = MECHANISMS
      const isTest = name.endsWith('.test.ts') // may be named after what it follows through several files
      return !roles.has(role) && !mechanisms[room]?.includes(role) && !isTest
    })
    expect(strangers).toEqual([])
  })

  it('no name is empty, and no file is a barrel', () => {
    const empty = files.filter((file) =>
      file.split('/').some((part) => [...EMPTY_NAMES, 'index'].includes(part.split('.')[0] as string)),
    )
    expect(empty).toEqual([])
    const reexporting = files.filter(
      (file) => file.startsWith('server/') && /^export \* from /m.test(readFileSync(path.join(PROJECT, file), 'utf8')),
    )
    expect(reexporting).toEqual([])
  })

  it('every file is in kebab case', () => {
    const fits =
      /^(?:[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*|\([a-z-]+\)|\[{1,2}(?:\.{3})?[a-zA-Z]+\]{1,2}|__?[a-z_]+|\d[\w-]*)$/
    expect(files.filter((file) => !file.split('/').every((part) => fits.test(part)))).toEqual([])
  })
})

describe('sizes', () => {
  it(`no file has more than ${MOST_LINES} lines`, () => {
    const lines = (file: string) => readFileSync(path.join(PROJECT, file), 'utf8').split('\n').length
    expect(files.filter((file) => lines(file) > MOST_LINES).map((file) => `${file}: ${lines(file)}`)).toEqual([])
  })
})

describe('the environment', () => {
  /** Programs that run elsewhere and look at the environment there: a probe, and the sources of example projects. */
  const elsewhere = /^server\/(sandbox\/probe\.ts$|scripted\/packs\/)/

  it('is read in server/platform/env only', () => {
    const reads = /\bprocess\.env\b(?!\.NEXT_RUNTIME)/
    const outside = files.filter(
      (file) =>
        /^(server|app|components|client)\//.test(file) &&
        !file.startsWith('server/platform/env/') &&
        !file.endsWith('.test.ts') &&
        !elsewhere.test(file) &&
        reads.test(readFileSync(path.join(PROJECT, file), 'utf8')),
    )
    expect(outside).toEqual([])
  })

  it('is documented: each variable is in docs/operating.md, or in CONTRIBUTING.md when it is for the tests', () => {
    const text = (file: string) => readFileSync(path.join(PROJECT, file), 'utf8')
    const ofServer = files.filter((file) => file.startsWith('server/') && !file.endsWith('.test.ts'))
    const named = [
      ...['next.config.js', 'prisma.config.ts', 'instrumentation.ts', 'proxy.ts', ...ofServer].flatMap((file) =>
        elsewhere.test(file) ? [] : [...text(file).matchAll(/(?:process\.env\.|environmentVariable\(')([A-Z]\w+)/g)],
      ),
      ...ofServer.flatMap((file) =>
        text(file).includes('environmentFragment(') ? [...text(file).matchAll(/^ {2}([A-Z][A-Z_]+):/gm)] : [],
      ),
    ].map(([, name]) => name as string)
    expect(named.length).toBeGreaterThan(30)
    const documented = text('docs/operating.md') + text('CONTRIBUTING.md')
    const unknown = [...new Set(named)].filter((name) => !ofTools.has(name) && !documented.includes(`\`${name}\``))
    expect(unknown).toEqual([])
  })

  /** Set by Node, Next and Prisma, or for them; no settings of ours. */
  const ofTools = new Set(['NODE_ENV', 'PATH', 'NEXT_RUNTIME', 'PRISMA_SCHEMA_ENGINE_BINARY', 'CHECKPOINT_DISABLE'])
})

describe('permissions', () => {
  it('are each asked for somewhere', () => {
    const doors = files
      .filter((file) => file.startsWith('server/') && !file.endsWith('.test.ts') && !file.includes('/auth/rules/'))
      .map((file) => readFileSync(path.join(PROJECT, file), 'utf8'))
    const unused = actions.filter((action) => !doors.some((text) => text.includes(`'${action}'`)))
    expect(unused).toEqual([])
  })
})

describe('imports', () => {
  it('follow the rules, in a tree that was really read', async () => {
    const entries = ['server', 'app', 'components', 'client'].filter((folder) => present.has(folder))
    const { cruised, found } = await violations(PROJECT, entries)
    expect(found).toEqual([])
    // without a TypeScript it can use, dependency-cruiser finds no modules and calls that success
    expect(cruised).toBeGreaterThan(200)
    // The whole tree is read: on a machine that does other things too, that takes longer than a usual test may.
  }, 180_000)

  /** For each rule: a file that breaks it, and what it imports. */
  const BREAKS: Record<string, [file: string, content: string]> = {
    'kernel-imports-nothing': ['server/kernel/a.ts', `import 'node:fs'`],
    'platform-knows-no-room': ['server/platform/env/b.ts', `import '#server/tasks/model'`],
    'platform-runs-no-room': ['server/platform/events/p.ts', `import '#server/auth/model'`],
    'rooms-know-no-wire': ['server/tasks/queries.ts', `import '#server/trpc/init'`],
    'nobody-imports-app': ['components/tasks/c.tsx', `import '../../app/page'`],
    'scripted-stands-alone': ['server/scripted/d.ts', `import '#server/tasks/repository'`],
    'nobody-imports-scripted': ['server/agents/bridge.ts', `import '#server/scripted/d'`],
    'pure-stays-pure': ['server/tasks/rules/e.ts', `import 'pg-boss'`],
    'prisma-only-in-repositories': ['server/tasks/commands.ts', `import '@prisma/client'`],
    'repository-is-private': ['server/runs/commands.ts', `import '#server/tasks/repository'`],
    'one-adapter-never-imports-another': [
      'server/agents/connectors/one/connector.ts',
      `import '#server/agents/connectors/two/connector'`,
    ],
    'adapters-only-through-registry': ['server/runs/execute.ts', `import '#server/agents/connectors/two/connector'`],
    'handlers-only-from-worker': ['server/runs/queries.ts', `import '#server/tasks/handlers'`],
    'testing-only-from-tests': ['server/tasks/rules.ts', `import '#server/setup/testing'`],
    'router-only-from-root': ['server/trpc/caller.ts', `import '#server/trpc/routers/tasks'`],
    'app-through-doors': ['app/page.tsx', `import '#server/tasks/repository'`],
    'components-types-only': ['components/tasks/f.tsx', `import '#server/tasks/repository'`],
    'ui-is-domain-free': ['components/ui/button.tsx', `import '#components/tasks/f'`],
    'next-stays-at-the-door': ['server/runs/journal.ts', `import 'next/headers'`],
    'server-only-stays-at-the-door': ['server/runs/log.ts', `import 'server-only'`],
    'no-circular': ['server/runs/calls.ts', `import './calls-back'`],
  }
  for (const [index, room] of ROOMS.slice(0, -1).entries()) {
    const later = ROOMS[index + 1] as string
    BREAKS[`${room}-imports-only-before-it`] = [`server/${room}/queries-late.ts`, `import '#server/${later}/model'`]
  }

  it('every rule catches a planted break', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-house-'))
    const plant = (file: string, content: string) => {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
      writeFileSync(path.join(folder, file), `${content}\nexport const planted = 1\n`)
    }
    const targets = [
      ...['repository', 'handlers'].map((name) => `server/tasks/${name}.ts`),
      ...ROOMS.map((room) => `server/${room}/model.ts`),
      'server/trpc/init.ts',
      'server/setup/testing.ts',
      'server/trpc/routers/tasks.ts',
      'server/agents/connectors/two/connector.ts',
    ]
    try {
      symlinkSync(path.join(PROJECT, 'node_modules'), path.join(folder, 'node_modules'))
      for (const name of ['package.json', 'tsconfig.json']) {
        writeFileSync(path.join(folder, name), readFileSync(path.join(PROJECT, name)))
      }
      for (const target of targets) plant(target, '')
      plant('server/runs/calls-back.ts', `import './calls'`)
      for (const [file, content] of Object.values(BREAKS)) plant(file, content)
      const { found } = await violations(folder, ['server', 'app', 'components'])
      const missed = RULE_NAMES.filter((rule) => {
        // a circle is reported once, from whichever of its files was read first
        const from = rule === 'no-circular' ? '' : BREAKS[rule]?.[0]
        return !found.some((line) => line.startsWith(`${rule}: ${from}`))
      })
      expect(missed).toEqual([])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

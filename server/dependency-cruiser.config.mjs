import { DOING_ROLES, PURE_ROLES, ROOMS, SCRIPTED, WIRES } from './house-vocabulary.mjs'

const anyOf = (names) => `(${names.join('|')})`
const rooms = anyOf(ROOMS)
const wires = anyOf(WIRES)
const pureRole = `${anyOf(PURE_ROLES)}([./]|$)`
/** Tests and what they share reach wherever they must. */
const TESTS = '(\\.test\\.tsx?|/testing\\.ts|/__fixtures__/.*)$'
/** A package, installed or not: its folder, or its bare name when it could not be resolved. */
const packages = (names) => `(^|node_modules/)${anyOf(names)}(/|$)`

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

const layers = [
  forbid(
    'kernel-imports-nothing',
    'The kernel is words everybody shares: only itself and zod.',
    { path: '^server/kernel/', pathNot: TESTS },
    { pathNot: ['^server/kernel/', packages(['zod'])] },
  ),
  forbid(
    'platform-knows-no-room',
    'What the product stands on can be read without knowing the product. The event log names who may write by type.',
    { path: '^server/platform/' },
    {
      path: `^server/(${ROOMS.join('|')}|${WIRES.join('|')}|${SCRIPTED})/`,
      pathNot: '^server/auth/model\\.ts$',
    },
  ),
  forbid(
    'platform-runs-no-room',
    'Of the one room it may name, the platform uses types only.',
    { path: '^server/platform/' },
    { path: '^server/auth/', dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'rooms-know-no-wire',
    'A room works the same under every wire.',
    { path: `^server/${rooms}/` },
    { path: `^server/${wires}/` },
  ),
  forbid(
    'nobody-imports-app',
    'Pages are the outermost layer.',
    { path: '^(server|components|client)/' },
    { path: '^app/' },
  ),
  forbid(
    'scripted-stands-alone',
    'The scripted provider is a process of its own, as a real provider is; it shares only words and pure rules.',
    { path: `^server/${SCRIPTED}/`, pathNot: TESTS },
    {
      path: '^(server|components|app)/',
      pathNot: [`^server/(kernel|platform|${SCRIPTED})/`, `^server/${rooms}/(model|rules)([./]|$)`],
      dependencyTypesNot: ['type-only'],
    },
  ),
  forbid(
    'nobody-imports-scripted',
    'We talk to it over its wire, as to a real provider.',
    { path: '^(server|components|app)/', pathNot: [`^server/(${SCRIPTED}|cli)/`, TESTS] },
    { path: `^server/${SCRIPTED}/` },
  ),
]

/** A room that needs a later one records an event instead; flow.ts says what it sets in motion. */
const roomOrder = ROOMS.slice(0, -1).map((room, index) =>
  forbid(
    `${room}-imports-only-before-it`,
    `The room ${room} stands before ${ROOMS.slice(index + 1).join(', ')}.`,
    { path: `^server/${room}/`, pathNot: TESTS },
    { path: `^server/${anyOf(ROOMS.slice(index + 1))}/` },
  ),
)

const roles = [
  forbid(
    'pure-stays-pure',
    'Files that decide import only files that decide, and zod: no Node, no database, no clock.',
    { path: `^server/[^/]+/${pureRole}`, pathNot: [TESTS, `^server/(platform|${WIRES.join('|')}|${SCRIPTED})/`] },
    {
      pathNot: [`^server/[^/]+/${pureRole}`, '^server/kernel/', '^server/[^/]+/data/[^/]+\\.json$', packages(['zod'])],
    },
  ),
  forbid(
    'prisma-only-in-repositories',
    'Only repositories and queries know how rows are stored.',
    { path: '^server/', pathNot: [`^server/${rooms}/(repository|queries)([./]|$)`, '^server/platform/', TESTS] },
    { path: ['^server/platform/database/generated/', packages(['@prisma', 'pg'])], dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'repository-is-private',
    'The rows of a room are written by that room only.',
    { path: '^server/([^/]+)/', pathNot: TESTS },
    { path: '^server/[^/]+/repository([./]|$)', pathNot: '^server/$1/' },
  ),
  forbid(
    'one-adapter-never-imports-another',
    'Adapters share through their port or the room, never sideways.',
    { path: '^server/([^/]+)/(connectors|channels|sources|runners)/([^/]+)/', pathNot: TESTS },
    { path: '^server/[^/]+/(connectors|channels|sources|runners)/[^/]+/', pathNot: '^server/$1/$2/$3/' },
  ),
  forbid(
    'adapters-only-through-registry',
    'The registry is the one list of adapters.',
    {
      path: '^server/',
      pathNot: ['^server/[^/]+/registry\\.ts$', '^server/[^/]+/(connectors|channels|sources|runners)/', TESTS],
    },
    { path: '^server/[^/]+/(connectors|channels|sources|runners)/[^/]+/' },
  ),
  forbid(
    'handlers-only-from-worker',
    'What a job does is called by the worker, nobody else.',
    { path: '^server/', pathNot: ['^server/worker/', TESTS, '^server/[^/]+/handlers/'] },
    { path: `^server/${rooms}/handlers([./]|$)` },
  ),
  forbid(
    'testing-only-from-tests',
    'What tests share is not part of the product.',
    { path: '^(server|app|components)/', pathNot: TESTS },
    { path: '^server/[^/]+/testing\\.ts$' },
  ),
  forbid(
    'router-only-from-root',
    'The routers are put together in one place.',
    { path: '^(server|app|components)/', pathNot: ['^server/trpc/root\\.ts$', TESTS] },
    { path: '^server/trpc/routers/', dependencyTypesNot: ['type-only'] },
  ),
]

const outside = [
  forbid(
    'app-through-doors',
    'Pages enter the server by its named doors.',
    { path: '^app/' },
    {
      path: '^server/',
      pathNot: [
        '^server/trpc/(caller|handler)\\.ts$',
        '^server/rest/handler\\.ts$',
        `^server/${rooms}/model([./]|$)`,
        '^server/auth/(session|handler)\\.ts$',
        '^server/kernel/',
      ],
      dependencyTypesNot: ['type-only'],
    },
  ),
  forbid(
    'components-types-only',
    'Browser code runs nothing of the server but models and the kernel.',
    { path: '^(components|client)/', pathNot: TESTS },
    {
      path: '^server/',
      pathNot: [`^server/${rooms}/model([./]|$)`, '^server/kernel/'],
      dependencyTypesNot: ['type-only'],
    },
  ),
  forbid(
    'ui-is-domain-free',
    'The building blocks know no noun of the product.',
    { path: '^components/ui/', pathNot: TESTS },
    { path: '^(server|components|app)/', pathNot: '^components/ui/' },
  ),
  forbid(
    'next-stays-at-the-door',
    'The server runs without a web framework, except where it meets it.',
    { path: '^server/', pathNot: ['^server/auth/', '^server/trpc/(caller|handler|context)\\.ts$', TESTS] },
    { path: packages(['next', 'next-auth', 'react', 'react-dom']) },
  ),
  forbid(
    'server-only-stays-at-the-door',
    'It throws outside the web server, so the worker could not load the room.',
    { path: '^server/', pathNot: ['^server/trpc/caller\\.ts$', '^server/auth/session\\.ts$'] },
    { path: packages(['server-only']) },
  ),
]

const circles = [
  forbid(
    'no-circular',
    'A circle of files can only be understood as a whole.',
    {},
    { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  ),
]

/** Who may import whom: house.test.ts runs it over the tree, and over planted breaks of every rule. */
export default {
  forbidden: [...layers, ...roomOrder, ...roles, ...outside, ...circles],
  options: {
    doNotFollow: { path: ['node_modules', '^server/platform/database/generated/'] },
    exclude: { path: ['^\\.next/', '^\\.data/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
    },
  },
}

export const RULE_NAMES = [...layers, ...roomOrder, ...roles, ...outside, ...circles].map((rule) => rule.name)
export const ALL_ROLES = [...PURE_ROLES, ...DOING_ROLES]

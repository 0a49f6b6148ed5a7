/**
 * The words the house is built from. Adding one is a decision of the team: put it here, and say why in an ADR when it
 * is more than one room's own mechanism. Read by the import rules (dependency-cruiser.config.mjs) and house.test.ts.
 */

/** The rooms, from basic to late. A room imports only rooms that stand before it. */
export const ROOMS = [
  'auth',
  'api-keys',
  'projects',
  'secrets',
  'requirements',
  'tasks',
  'patterns',
  'decisions',
  'agents',
  'budgets',
  'sandbox',
  'workspaces',
  'runs',
  'planner',
  'proofs',
  'merges',
  'scheduler',
  'notifications',
  'signals',
  'records',
  'audit',
  'setup',
]

/** Outside the rooms: what everything stands on, the wires, and the scripted provider's own process. */
export const FOUNDATIONS = ['kernel', 'platform']
export const WIRES = ['trpc', 'rest', 'worker', 'cli']
export const SCRIPTED = 'scripted'

/** Files that decide: they import each other and zod, nothing else. */
export const PURE_ROLES = ['model', 'rules', 'ports', 'events', 'errors', 'jobs']

/** Files that do. */
export const DOING_ROLES = ['repository', 'queries', 'commands', 'handlers', 'registry']

/** What a room's tests share. Nothing else imports it. */
export const TEST_ROLES = ['testing']

/** Folders with one adapter each, reached through the room's registry. */
export const ADAPTER_FOLDERS = ['connectors', 'channels', 'sources', 'runners']

/** Mechanisms that have no role of the common list, room by room. */
export const MECHANISMS = {
  auth: ['gate', 'handler', 'invites', 'options', 'session', 'setup'],
  'api-keys': ['authenticate'],
  secrets: ['address'],
  decisions: ['expectations', 'handling', 'links', 'precedents', 'situation', 'take-back', 'waiting'],
  agents: ['bridge', 'connection', 'data', 'gate', 'limits', 'wire'],
  budgets: ['owner', 'price', 'reservations', 'walls'],
  sandbox: ['process', 'probe', 'self-test', 'turns'],
  workspaces: ['ensure', 'files', 'git'],
  runs: [
    'assignment',
    'calls',
    'execute',
    'journal',
    'lease',
    'log',
    'risky',
    'settle',
    'spending',
    'states',
    'tools',
    'watch',
  ],
  planner: ['assignment', 'changes', 'settle'],
  proofs: ['assignment', 'evidence', 'mended', 'paused', 'tried-again', 'wanted'],
  merges: ['merge'],
  scheduler: ['advance', 'carry-out', 'close', 'watch'],
  notifications: ['deliver', 'fold', 'relay', 'settle', 'slack', 'tell', 'unsubscribe'],
  signals: ['stages'],
}

/** Names that say nothing about what is inside. */
export const EMPTY_NAMES = ['utils', 'util', 'helpers', 'helper', 'lib', 'services', 'common', 'shared', 'misc']

/** Lines a source file may have. 300 is the aim. */
export const MOST_LINES = 500

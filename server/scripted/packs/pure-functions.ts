import type { Pack } from '#server/scripted/packs/ports'
export const pureFunctions: Pack = { name: 'pure-functions', compile: () => null }

import type { Pack } from '#server/scripted/packs/ports'
export const staticSite: Pack = { name: 'static-site', compile: () => null }

import { database } from '#server/platform/database/client'

const LIMIT_MS = 3_000

/** 200 when requests can be served, 503 when the database cannot be reached. Says nothing else: anybody may ask. */
export async function health(): Promise<Response> {
  const reachable = await Promise.race([
    database().$queryRaw`select 1`.then(
      () => true,
      () => false,
    ),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), LIMIT_MS).unref()),
  ])
  const body = { status: reachable ? 'ok' : 'unavailable', database: reachable ? 'ok' : 'unreachable' }
  return Response.json(body, { status: reachable ? 200 : 503, headers: { 'cache-control': 'no-store' } })
}

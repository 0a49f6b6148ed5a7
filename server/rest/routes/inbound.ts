import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { AppError } from '#server/kernel/app-error'
import { readLimited } from '#server/platform/http/limited-body'
import { takeTurn } from '#server/platform/rate-limit/limiter'
import { openSource, proveSender, receiveDelivery } from '#server/signals/commands/receive'
import { sourceKinds } from '#server/signals/model'
import type { RestEnvironment } from '../authenticate'
import { failures } from '../errors'
import { refuseInput } from '../refuse-input'

/** Deliveries of one source: far above what a team's tools send, below what would be a flood. */
const PER_MINUTE = 600

const accepted = z
  .object({
    delivery: z.string().openapi({ description: 'Our id of the delivery.' }),
    duplicate: z
      .boolean()
      .openapi({ description: 'true when the same delivery had come in before; nothing is done again' }),
  })
  .openapi('Delivery')

const json = (description: string) => ({ description, content: { 'application/json': { schema: accepted } } })

const receive = createRoute({
  method: 'post',
  path: '/inbound/{source}/{key}',
  summary: 'Receive a webhook or a SARIF upload of a signal source',
  description:
    'The address and the secret come from the project’s page Signals → Sources. GitHub and Sentry sign the body; GitLab sends X-Gitlab-Token; the others send the secret as a bearer token or as the password of basic authentication. Bodies may be packed with gzip. It is stored, answered, and read afterwards.',
  security: [],
  request: {
    params: z.object({
      source: z
        .string()
        .max(40)
        .openapi({ description: `One of ${sourceKinds.join(', ')}.` }),
      key: z.string().max(200),
    }),
    body: { content: { 'application/json': { schema: z.unknown() } } },
  },
  responses: {
    202: json('Stored; it becomes signals in a moment.'),
    200: json('It had come in before.'),
    ...failures(400, 404, 413),
  },
})

const unpack = promisify(gunzip)

/** The body as it was signed: raw, or unpacked when it came in gzip. Counted before and after. */
async function bodyOf(request: Request, limit: number): Promise<Uint8Array> {
  const claimed = Number(request.headers.get('content-length') ?? 0)
  if (claimed > limit) throw tooLarge(limit)
  const bytes = await readLimited(request.body, limit)
  if (request.headers.get('content-encoding')?.trim().toLowerCase() !== 'gzip') return bytes
  try {
    return await unpack(bytes, { maxOutputLength: limit })
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit)
    throw new AppError({
      code: 'bad-gzip',
      kind: 'invalid',
      message: 'The body is not gzip. Nothing was stored.',
      cause,
    })
  }
}

function tooLarge(limit: number): AppError {
  return new AppError({
    code: 'body-too-large',
    kind: 'too-large',
    message: `This is more than the ${Math.round(limit / 1_000_000)} MB a source may send at once. Nothing was stored.`,
    details: { limitBytes: limit },
  })
}

/** Before everything else under /api: it reads its own body, raw, because signatures are over bytes. */
export const inbound = new OpenAPIHono<RestEnvironment>({ defaultHook: refuseInput })
inbound.openAPIRegistry.registerPath(receive)
inbound.post('/inbound/:source/:key', async (context) => {
  const opened = await openSource(context.req.param('source'), context.req.param('key'))
  const request = context.req.raw
  const bytes = await bodyOf(request, opened.source.bodyLimit)
  await proveSender(opened, { headers: request.headers, bytes })
  await takeTurn(`inbound:${opened.row.id}`, PER_MINUTE)
  const { id, fresh } = await receiveDelivery(opened, { headers: request.headers, bytes })
  return context.json({ delivery: id, duplicate: !fresh }, fresh ? 202 : 200)
})

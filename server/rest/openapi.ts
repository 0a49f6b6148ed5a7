import type { OpenAPIHono } from '@hono/zod-openapi'
import type { RestEnvironment } from './authenticate'

/** The description of the REST API, made of the same schemas that check its requests (OpenAPI 3.1). */
export function openApiDocument(app: OpenAPIHono<RestEnvironment, never, '/api'> | OpenAPIHono<RestEnvironment>) {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Orchestrator',
      version: '1',
      description:
        'Submit requirements, follow the work, answer decisions. Authenticate with an API token (Settings → API tokens).',
    },
    security: [{ token: [] }],
  })
  const components = {
    ...document.components,
    securitySchemes: { token: { type: 'http' as const, scheme: 'bearer', description: 'An API token: orc_…' } },
  }
  return { ...document, components }
}

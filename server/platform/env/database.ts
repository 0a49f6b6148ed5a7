import { z } from 'zod'
import { environmentFragment } from './read'

/** Where Postgres is, and how it is used. `npm start` sets the address to the embedded server unless it is given. */
export const databaseEnvironment = environmentFragment({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe(
      'set it to a Postgres address such as postgresql://user:password@host:5432/orchestrator, or start the product with `npm start`, which brings its own database',
    ),
  DATABASE_POOL_SIZE: z.coerce
    .number()
    .int()
    .min(2)
    .max(200)
    .default(12)
    .describe('set it to the connections a process may have in its pool, from 2 to 200'),
  DATABASE_TIMEOUT_SECONDS: z.coerce
    .number()
    .min(0.5)
    .max(600)
    .default(10)
    .describe('set it to the seconds after which Postgres gives up a statement, from 0.5 to 600'),
})

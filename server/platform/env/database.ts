import { z } from 'zod'
import { environmentFragment } from './read'

/** Where Postgres is. `npm start` sets it to the embedded server unless it is given. */
export const databaseEnvironment = environmentFragment({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe(
      'set it to a Postgres address such as postgresql://user:password@host:5432/orchestrator, or start the product with `npm start`, which brings its own database',
    ),
})

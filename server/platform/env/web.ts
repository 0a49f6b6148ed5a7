import { z } from 'zod'
import { environmentFragment } from './read'

/**
 * Where the web server listens. 127.0.0.1 by default: a fresh installation is not reachable from other machines
 * until somebody decides so, by setting HOST=0.0.0.0 or putting a proxy in front.
 */
export const webEnvironment = environmentFragment({
  PORT: z.coerce.number().int().min(1).max(65_535).default(3000).describe('set it to a port number from 1 to 65535'),
  NEXTAUTH_URL: z
    .url({ protocol: /^https?$/ })
    .default('http://localhost:3000')
    .describe('set it to the address people open in their browser, such as https://orchestrator.example.com'),
  HOST: z.string().default('127.0.0.1').describe('set it to the address to listen on, such as 127.0.0.1 or 0.0.0.0'),
})

import { z } from 'zod'
import { mailVariables } from './mail'
import { environmentFragment } from './read'

/**
 * How people sign in. `npm start` creates NEXTAUTH_SECRET once and sets NEXTAUTH_URL to the address it serves; GitHub,
 * a company's OpenID Connect server and e-mail links each appear on the sign-in page when their variables are set.
 */
export const authEnvironment = environmentFragment({
  NEXTAUTH_SECRET: z
    .string()
    .min(32)
    .describe('set it to at least 32 random characters, for example from `openssl rand -base64 32`'),
  NEXTAUTH_URL: z
    .url({ protocol: /^https?$/ })
    .describe('set it to the address people open in their browser, such as https://orchestrator.example.com'),
  GITHUB_ID: z.string().optional().describe('set it to the client id of your GitHub OAuth app'),
  GITHUB_SECRET: z.string().optional().describe('set it to the client secret of your GitHub OAuth app'),
  GITHUB_BASE_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('set it to the address of your GitHub Enterprise server, or leave it out for github.com'),
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('set it to the issuer address of your OpenID Connect server'),
  OIDC_ID: z.string().optional().describe('set it to the client id at your OpenID Connect server'),
  OIDC_SECRET: z.string().optional().describe('set it to the client secret at your OpenID Connect server'),
  ...mailVariables,
})

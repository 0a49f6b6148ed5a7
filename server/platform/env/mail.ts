import { z } from 'zod'
import { environmentFragment } from './read'

/** The mail server: for sign-in links, invites and notifications. */
export const mailVariables = {
  EMAIL_SERVER: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe('set it to your mail server, such as smtp://user:password@mail.example.com:587'),
  EMAIL_FROM: z
    .string()
    .optional()
    .describe('set it to the sender of e-mails, such as Orchestrator <orchestrator@example.com>'),
}

export const mailEnvironment = environmentFragment(mailVariables)

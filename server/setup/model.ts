import { z } from 'zod'
import { emailSchema } from '#server/auth/model'

export const completeSetupInput = z.object({
  token: z.string().min(1).max(200),
  email: emailSchema,
  name: z.string().trim().min(1, 'Please enter your name.').max(80),
  password: z.string().max(5_000),
  organizationName: z.string().trim().min(1, 'Give your organization a name.').max(80),
  projectName: z.string().trim().min(1, 'Give the project a name.').max(80),
  providerMode: z.enum(['scripted', 'live']).optional(),
})
export type CompleteSetup = z.input<typeof completeSetupInput>

export interface SetupResult {
  userId: string
  organizationId: string
  projectId: string
}

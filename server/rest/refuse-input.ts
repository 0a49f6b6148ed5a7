import type { ZodError } from 'zod'
import { invalidInput } from './errors'

/** What every route does with input its schema refuses. */
export function refuseInput(result: { success: true } | { success: false; error: ZodError }): void {
  if (!result.success) throw invalidInput(result.error)
}

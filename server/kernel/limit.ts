import { z } from 'zod'

/** A limit that people set: a whole number from 1 to `most`, or null for none. Refused in words for a form. */
export const limitSchema = (most: number) =>
  z
    .number()
    .int('Enter a whole number.')
    .min(1, 'A limit is at least 1. Leave it empty for none.')
    .max(most, `A limit is at most ${most.toLocaleString('en')}. Leave it empty for none.`)
    .nullable()

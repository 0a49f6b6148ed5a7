import { app } from './app'

/** Answers every address under /api that no other route takes, for Next's route handler. */
export function handler(request: Request): Response | Promise<Response> {
  return app.fetch(request)
}

/** Next calls this once when the server process starts. Node's own modules stay out of this file: it is also compiled for the edge. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === 'nodejs') (await import('./server/platform/http/boot')).bootWebServer()
}

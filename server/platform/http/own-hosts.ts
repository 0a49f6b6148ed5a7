import { authEnvironment } from '#server/platform/env/auth'

/** The host[:port] names under which this server is reached: its configured address and the one the browser used. */
export function ownHosts(headers: Headers): string[] {
  const configured = new URL(authEnvironment().NEXTAUTH_URL).host
  const asked = headers.get('host')
  return asked ? [configured, asked] : [configured]
}

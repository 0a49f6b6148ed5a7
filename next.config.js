/** Sent with every answer. */
const alwaysHeaders = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'Cross-Origin-Resource-Policy', value: 'same-origin' },
]

/**
 * Sent with every answer but the build's files, where they mean nothing and weigh: a page asks for a dozen of those. The
 * content security policy is made per request (it carries a nonce), in proxy.ts.
 */
const securityHeaders = [
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Referrer-Policy', value: 'strict-origin-when-cross-origin' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=()' },
  // browsers ignore it over plain http, so a local installation is not affected
  { key: 'Strict-Transport-Security', value: 'max-age=31536000; includeSubDomains' },
]

/**
 * Secrets in an address (set-up, invite, sign-in and decision links) must not leave in a Referer header or stay in a cache. Not
 * `no-referrer`: browsers then send `Origin: null` with a form, which server actions refuse.
 */
const linkHeaders = [
  { key: 'Referrer-Policy', value: 'same-origin' },
  { key: 'Cache-Control', value: 'no-store' },
]

/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  reactStrictMode: true,
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  // Types are checked by `npm test`, once and by the faster compiler; the first `npm start` need not wait for it.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: [
    '@elastic/ecs-pino-format',
    '@node-rs/argon2',
    '@prisma/adapter-pg',
    '@prisma/client',
    'nodemailer',
    'pg',
    'pg-boss',
    'pino',
  ],
  async headers() {
    return [
      { source: '/:path*', headers: alwaysHeaders },
      { source: '/((?!_next/static/).*)', headers: securityHeaders },
      { source: '/setup/:path*', headers: linkHeaders },
      { source: '/invite/:path*', headers: linkHeaders },
      { source: '/d/:path*', headers: linkHeaders },
      { source: '/sign-in/link', headers: linkHeaders },
    ]
  },
}

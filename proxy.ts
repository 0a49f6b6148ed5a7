import { type NextRequest, NextResponse } from 'next/server'

/**
 * Gives every page a content security policy with a fresh nonce, which Next puts on its own scripts. Nothing else
 * happens here: who may see what is decided in pages, procedures and the REST authenticator.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64')
  const policy = contentSecurityPolicy(nonce, process.env.NODE_ENV === 'development')
  const headers = new Headers(request.headers)
  headers.set('x-nonce', nonce)
  headers.set('content-security-policy', policy)
  // So that the sign-in page can lead back to where somebody wanted to go.
  headers.set('x-path', request.nextUrl.pathname + request.nextUrl.search)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  return response
}

function contentSecurityPolicy(nonce: string, development: boolean): string {
  // React's development build evaluates code to rebuild stacks of server errors.
  const evaluation = development ? " 'unsafe-eval'" : ''
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${evaluation}`,
    // Components position themselves with style attributes and injected rules, which cannot carry a nonce. Style
    // alone runs nothing, and what it could load is limited by the lines around it.
    "style-src 'self' 'unsafe-inline'",
    // No foreign images: an address inside agents' text must not be able to carry data out.
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

export const config = {
  matcher: [
    {
      source: '/((?!api/|_next/static|_next/image|favicon.ico|icon.svg).*)',
      // Next's own requests for parts of pages. What a browser fetches ahead by itself is a page that may be shown.
      missing: [{ type: 'header', key: 'next-router-prefetch' }],
    },
  ],
}

import { TRPCError } from '@trpc/server'
import { headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import { caller } from '#server/trpc/caller'

type Api = Awaited<ReturnType<typeof caller>>

/** Where an ended session leads, and back again when the proxy tells which page it was. */
export async function toSignIn(): Promise<never> {
  const here = (await headers()).get('x-path')
  redirect(here ? `/sign-in?callbackUrl=${encodeURIComponent(here)}` : '/sign-in')
}

/**
 * Asks the API for a server-rendered page. What does not exist (or belongs to somebody else) becomes the "nothing here"
 * page, an ended session the sign-in page, everything else the page's error panel.
 */
export async function read<T>(ask: (api: Api) => Promise<T>): Promise<T> {
  try {
    return await ask(await caller())
  } catch (error) {
    if (error instanceof TRPCError && error.code === 'UNAUTHORIZED') await toSignIn()
    // A malformed id in the address is refused as input before anybody looks for it.
    if (error instanceof TRPCError && (error.code === 'NOT_FOUND' || error.code === 'BAD_REQUEST')) notFound()
    throw error
  }
}

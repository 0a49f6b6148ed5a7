import 'server-only'
import { headers } from 'next/headers'
import { cache } from 'react'
import { createContext } from './context'
import { t } from './init'
import { appRouter } from './root'

const createCaller = t.createCallerFactory(appRouter)

/** The API as plain function calls for server components, with the rights of the person who asked for the page. */
export const caller = cache(async () => createCaller(await createContext(new Headers(await headers()))))

'use client'

import { createContext, type ReactNode, useContext } from 'react'
import type { Action } from '#server/auth/rules/permissions'

const Allowed = createContext<readonly Action[]>([])

export function Permissions({ allowed, children }: { allowed: readonly Action[]; children: ReactNode }) {
  return <Allowed value={allowed}>{children}</Allowed>
}

/** Whether the person may do this: to leave out or explain controls. The server asks again each time. */
export function useMay(action: Action): boolean {
  return useContext(Allowed).includes(action)
}

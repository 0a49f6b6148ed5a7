import type { ReactNode } from 'react'

/** Why a form was not taken, above or below its fields. Plain markup: pages outside the frame show it too. */
export function FormProblem({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className="rounded-md bg-failed-soft px-3 py-2 text-body text-failed-fg">
      {children}
    </p>
  )
}

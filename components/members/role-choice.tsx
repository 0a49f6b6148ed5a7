'use client'

import type { ComponentProps } from 'react'
import { Select } from '#components/ui/select'
import type { Role } from '#server/auth/model'

/** What each role may do, in one line. */
export const roleMeaning: Record<Role, string> = {
  owner: 'everything, including who owns the organization',
  admin: 'people, projects, agents and keys',
  member: 'submit requirements and answer decisions',
  viewer: 'see everything, change nothing',
}

const roles = Object.keys(roleMeaning) as Role[]

/** The roles somebody may give: their own and those below. The server asks again. */
export function grantableRoles(own: Role | null): readonly Role[] {
  return own === 'owner' ? roles : own === 'admin' ? roles.filter((role) => role !== 'owner') : []
}

export function RoleSelect({ offered, ...rest }: ComponentProps<'select'> & { offered: readonly Role[] }) {
  return (
    <Select {...rest}>
      {offered.map((role) => (
        <option key={role} value={role}>
          {role}
        </option>
      ))}
    </Select>
  )
}

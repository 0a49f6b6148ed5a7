'use client'

import { Keyboard as KeyboardIcon, LogOut, Menu as MenuIcon, UserRound } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useRef } from 'react'
import { Menu, MenuItem, MenuSeparator } from '#components/ui/menu'
import { openKeyboardSheet } from './keyboard'
import { navigation } from './navigation'

export type SignOut = () => Promise<void>

/** `signOut` is a server action; the form works even when this menu's code never arrived. */
function useSignOutForm(signOut: SignOut) {
  const form = useRef<HTMLFormElement>(null)
  return {
    form: <form ref={form} action={signOut} hidden />,
    submit: () => form.current?.requestSubmit(),
  }
}

export function AccountMenu({ person, signOut }: { person: string; signOut: SignOut }) {
  const router = useRouter()
  const out = useSignOutForm(signOut)
  return (
    <>
      {out.form}
      <Menu
        side="top"
        align="start"
        trigger={
          <button
            type="button"
            className="target flex w-full items-center gap-2.5 rounded-md px-2.5 text-left text-body text-muted hover:bg-sunken hover:text-text"
          >
            <UserRound aria-hidden className="size-4 shrink-0" />
            <span className="truncate">{person}</span>
          </button>
        }
      >
        <MenuItem onSelect={() => router.push('/settings/account')}>
          <UserRound aria-hidden /> Account
        </MenuItem>
        <MenuItem onSelect={openKeyboardSheet}>
          <KeyboardIcon aria-hidden /> Keyboard
        </MenuItem>
        <MenuSeparator />
        <MenuItem onSelect={out.submit}>
          <LogOut aria-hidden /> Sign out
        </MenuItem>
      </Menu>
    </>
  )
}

/** The last place of the phone's bar: every page that does not fit it, and the way out. */
export function MoreMenu({ signOut }: { signOut: SignOut }) {
  const router = useRouter()
  const out = useSignOutForm(signOut)
  return (
    <>
      {out.form}
      <Menu
        side="top"
        trigger={
          <button
            type="button"
            className="flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-meta font-medium text-muted outline-offset-[-2px]"
          >
            <MenuIcon aria-hidden className="size-5" />
            More
          </button>
        }
      >
        {navigation
          .filter((item) => !item.onPhone)
          .map(({ href, label, icon: Icon }) => (
            <MenuItem key={href} onSelect={() => router.push(href)}>
              <Icon aria-hidden /> {label}
            </MenuItem>
          ))}
        <MenuSeparator />
        <MenuItem onSelect={out.submit}>
          <LogOut aria-hidden /> Sign out
        </MenuItem>
      </Menu>
    </>
  )
}

'use client'

import { Keyboard as KeyboardIcon, LogOut, Menu as MenuIcon, UserRound } from 'lucide-react'
import { Menu, MenuItem, MenuLink, MenuSeparator } from '#components/ui/menu'
import { openKeyboardSheet } from './keyboard'
import { navigation } from './navigation'

export type SignOut = () => Promise<void>

/** `signOut` is a server action; the form works even when this menu's code never arrived. */
function SignOutItem({ signOut }: { signOut: SignOut }) {
  return (
    <form action={signOut} role="none">
      <MenuItem type="submit">
        <LogOut aria-hidden /> Sign out
      </MenuItem>
    </form>
  )
}

export function AccountMenu({ person, signOut }: { person: string; signOut: SignOut }) {
  return (
    <Menu
      className="bottom-13 left-3 pointer-coarse:bottom-16"
      triggerClassName="target flex w-full items-center gap-2.5 rounded-md px-2.5 text-left text-body text-muted hover:bg-sunken hover:text-text"
      trigger={
        <>
          <UserRound aria-hidden className="size-4 shrink-0" />
          <span className="truncate">{person}</span>
        </>
      }
    >
      <MenuLink href="/settings/account">
        <UserRound aria-hidden /> Account
      </MenuLink>
      <MenuItem onSelect={openKeyboardSheet}>
        <KeyboardIcon aria-hidden /> Keyboard
      </MenuItem>
      <MenuSeparator />
      <SignOutItem signOut={signOut} />
    </Menu>
  )
}

/** The last place of the phone's bar: every page that does not fit it, and the way out. */
export function MoreMenu({ signOut }: { signOut: SignOut }) {
  return (
    <Menu
      className="right-2 bottom-[calc(3.75rem+env(safe-area-inset-bottom))]"
      triggerClassName="flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-meta font-medium text-muted outline-offset-[-2px]"
      trigger={
        <>
          <MenuIcon aria-hidden className="size-5" />
          More
        </>
      }
    >
      {navigation
        .filter((item) => !item.onPhone)
        .map(({ href, label, icon: Icon }) => (
          <MenuLink key={href} href={href}>
            <Icon aria-hidden /> {label}
          </MenuLink>
        ))}
      <MenuSeparator />
      <SignOutItem signOut={signOut} />
    </Menu>
  )
}

import type { Metadata } from 'next'
import { PasswordForm } from '#components/account/password-form'
import { SignOutEverywhere } from '#components/account/sign-out-everywhere'
import { Column, Page, PageHeader } from '#components/shell/page'
import { ThemeSwitch } from '#components/shell/theme-switch'
import { Button } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { KeyValues } from '#components/ui/key-value'
import { read, toSignIn } from '../../_components/read'
import { signOut } from '../../actions'

export const metadata: Metadata = { title: 'Account' }

export default async function AccountPage() {
  const session = (await read((api) => api.auth.session())) ?? (await toSignIn())
  const { user, memberships, organizationId, role } = session
  const organization = memberships.find((membership) => membership.organizationId === organizationId)
  return (
    <Page>
      <PageHeader title="Account" />
      <Column>
        <Card aria-labelledby="you">
          <CardHeader id="you" title="You" />
          <CardBody>
            <KeyValues
              items={[
                ['Name', user.name ?? 'not given'],
                ['E-mail', user.email],
                ['Organization', organization?.name ?? 'none'],
                ['Role', role ?? 'none'],
              ]}
            />
          </CardBody>
        </Card>
        <Card aria-labelledby="appearance">
          <CardHeader id="appearance" title="Appearance" />
          <CardBody>
            <ThemeSwitch name="theme-setting" />
          </CardBody>
        </Card>
        <Card aria-labelledby="password">
          <CardHeader id="password" title="Password" />
          <CardBody>
            <PasswordForm email={user.email} />
          </CardBody>
        </Card>
        <Card aria-labelledby="sessions">
          <CardHeader id="sessions" title="Sessions" />
          <CardBody className="flex flex-wrap gap-3">
            <form action={signOut}>
              <Button type="submit">Sign out here</Button>
            </form>
            <SignOutEverywhere />
          </CardBody>
        </Card>
      </Column>
    </Page>
  )
}

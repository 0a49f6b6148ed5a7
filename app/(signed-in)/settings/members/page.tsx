import type { Metadata } from 'next'
import { InviteForm } from '#components/members/invite-form'
import { InviteTable } from '#components/members/invite-table'
import { MemberTable } from '#components/members/member-table'
import { Column, Page, PageHeader } from '#components/shell/page'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { DeniedPanel } from '#components/ui/page-state'
import { read, toSignIn } from '../../_components/read'

export const metadata: Metadata = { title: 'Members' }

export default async function MembersPage() {
  const session = (await read((api) => api.auth.session())) ?? (await toSignIn())
  const { members, invites } = await read(async (api) => {
    const [members, shell] = await Promise.all([api.members.list(), api.overview.shell()])
    return { members, invites: shell.allowed.includes('member.change') ? await api.members.invites() : null }
  })
  const { user, role } = session
  return (
    <Page state={invites ? 'ready' : 'denied'}>
      <PageHeader title="Members" description="Who belongs to this organization, and what each of them may do." />
      <Column>
        {!invites && <DeniedPanel what="Changing members" needed="admin" yours={role ?? undefined} />}
        <MemberTable initial={members} viewer={{ userId: user.id, role }} />
        {invites && (
          <>
            <div className="flex flex-col gap-3">
              <h2 className="text-body font-semibold">Open invites</h2>
              <InviteTable initial={invites} now={Date.now()} />
            </div>
            <Card aria-labelledby="invite">
              <CardHeader id="invite" title="Invite somebody" />
              <CardBody>
                <InviteForm own={role} />
              </CardBody>
            </Card>
          </>
        )}
      </Column>
    </Page>
  )
}

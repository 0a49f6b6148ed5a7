import type { Metadata } from 'next'
import { PreferencesForm } from '#components/notifications/preferences-form'
import { Page, PageHeader } from '#components/shell/page'
import { classNames } from '#components/ui/class-names'
import { TextLink } from '#components/ui/link'
import type { Wishes } from '#server/notifications/model'
import { read } from '../../_components/read'

export const metadata: Metadata = { title: 'Notification settings' }

const standard: Wishes = { matrix: {}, quietHours: null, timeZone: 'UTC', digest: 'none', digestAt: '08:00' }

export default async function NotificationSettingsPage(props: { searchParams: Promise<{ project?: string }> }) {
  const { project } = await props.searchParams
  const { preferences, projects, shell } = await read(async (api) => {
    const [preferences, projects, shell] = await Promise.all([
      api.notifications.preferences(),
      api.overview.projects(),
      api.overview.shell(),
    ])
    return { preferences, projects, shell }
  })
  const place = projects.find((one) => one.id === project)?.id ?? 'all'
  const wishesAt = (where: string) => preferences.wishes.find((entry) => entry.place === where)?.wishes
  const own = wishesAt(place)
  const { channels, topics, slack } = preferences
  const places = [{ id: 'all', name: 'All projects' }, ...projects]
  return (
    <Page>
      <PageHeader
        title="Notifications"
        description="What you are told, where, and when. Whoever did something is never told of it, and ten failures are one message."
      />
      <nav aria-label="Settings for" className="flex flex-wrap gap-2">
        {places.map(({ id, name }) => (
          <TextLink
            key={id}
            href={id === 'all' ? '/settings/notifications' : `/settings/notifications?project=${id}`}
            aria-current={id === place ? 'page' : undefined}
            className={classNames(
              'target inline-flex items-center rounded-md px-2 no-underline',
              id === place && 'bg-accent-soft font-medium text-accent-soft-fg',
            )}
          >
            {name}
            {id !== 'all' && wishesAt(id) ? ' (own settings)' : ''}
          </TextLink>
        ))}
      </nav>
      {place !== 'all' && !own && (
        <p className="text-body text-muted">
          This project follows your settings for all projects. Saving here gives it settings of its own.
        </p>
      )}
      <PreferencesForm
        key={`${place} ${own ? 'own' : 'all'}`}
        place={place}
        isOwn={own !== undefined}
        channels={channels}
        topics={topics}
        wishes={own ?? wishesAt('all') ?? standard}
        zones={Intl.supportedValuesOf('timeZone')}
      />
      <p className="max-w-measure text-table text-muted">
        {slack.linked
          ? 'Your Slack account is linked: the column Slack means messages to you alone. What a channel gets is set under Integrations.'
          : slack.bot
            ? 'Your Slack account is not linked yet: nothing is sent to you there. Press a button of a message in Slack once, and follow the link it answers with.'
            : 'Slack has no bot here yet: nothing is sent to you there. An admin can connect one under Integrations.'}
        {shell.allowed.includes('mailbox.read') && (
          <>
            {' '}
            E-mails of the organization are in the <TextLink href="/settings/mailbox">development mailbox</TextLink>.
          </>
        )}
      </p>
    </Page>
  )
}

import type { Metadata } from 'next'
import { AddEndpointForm } from '#components/integrations/endpoint-form'
import { EndpointList } from '#components/integrations/endpoint-list'
import { FirstFold } from '#components/integrations/first-fold'
import { SlackForm } from '#components/integrations/slack-form'
import { SlackList, SlackPeople } from '#components/integrations/slack-list'
import { Column, Page, PageHeader } from '#components/shell/page'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { TextLink } from '#components/ui/link'
import { DeniedPanel } from '#components/ui/page-state'
import { read } from '../../_components/read'

export const metadata: Metadata = { title: 'Integrations' }

export default async function IntegrationsPage() {
  const data = await read(async (api) => {
    const [shell, slack, people, endpoints, projects, members, preferences] = await Promise.all([
      api.overview.shell(),
      api.integrations.slack.list(),
      api.integrations.slack.people(),
      api.integrations.webhooks.list(),
      api.overview.projects(),
      api.members.list(),
      api.notifications.preferences(),
    ])
    return { shell, slack, people, endpoints, projects, members, preferences }
  })
  const { shell, slack, people, endpoints, preferences } = data
  const mayChange = shell.allowed.includes('integration.change')
  const projects = data.projects.map(({ id, name }) => ({ id, name }))
  const members = data.members.map(({ userId, name, email }) => ({ userId, name: name ?? email }))
  const mail = preferences.channels.find((channel) => channel.name === 'email')?.ready === true
  const bot = slack.find((one) => one.mode === 'bot')
  return (
    <Page state={mayChange ? 'ready' : 'denied'}>
      <PageHeader
        title="Integrations"
        description="Where the team is told what needs it, and which programs are told what happens."
      />
      <Column>
        {!mayChange && <DeniedPanel what="Changing integrations" needed="admin" yours={shell.role} />}
        <Card aria-labelledby="mail">
          <CardHeader id="mail" title="E-mail" />
          <CardBody>
            <p className="text-body">
              {mail
                ? 'E-mail goes out by the mail server of this installation.'
                : 'There is no mail server: nothing is sent. Whoever runs this installation sets EMAIL_SERVER and EMAIL_FROM.'}{' '}
              {shell.allowed.includes('mailbox.read') && (
                <TextLink href="/settings/mailbox">
                  {mail ? 'See what went out' : 'See what would have gone out'}
                </TextLink>
              )}
            </p>
          </CardBody>
        </Card>
        <Card aria-labelledby="slack">
          <CardHeader id="slack" title="Slack" />
          <CardBody className="flex flex-col gap-5">
            <SlackList connections={slack} mayChange={mayChange} />
            {mayChange && bot && <SlackPeople integrationId={bot.id} people={people} members={members} />}
            {mayChange && (
              <FirstFold summary="Connect a channel" first={slack.length === 0}>
                <SlackForm
                  projects={projects}
                  topics={preferences.topics.map(({ name, label }) => ({ name, label }))}
                  address={preferences.address}
                />
              </FirstFold>
            )}
          </CardBody>
        </Card>
        <Card aria-labelledby="webhooks">
          <CardHeader id="webhooks" title="Webhooks" note="Standard Webhooks: signed, again until it has arrived" />
          <CardBody className="flex flex-col gap-5">
            <EndpointList endpoints={endpoints} mayChange={mayChange} />
            {mayChange && (
              <FirstFold summary="Add a webhook" first={endpoints.length === 0}>
                <AddEndpointForm projects={projects} />
              </FirstFold>
            )}
          </CardBody>
        </Card>
      </Column>
    </Page>
  )
}

import { email } from './channels/email/channel'
import { inApp } from './channels/in-app/channel'
import { slack } from './channels/slack/channel'
import { webhook } from './channels/webhook/channel'
import type { ChannelName } from './model'
import type { Channel } from './ports'

/** Every way to tell something. The settings and the contract test are drawn from this list. */
export const channels: readonly Channel[] = [inApp, email, slack, webhook]

export function channelNamed(name: ChannelName): Channel {
  const found = channels.find((channel) => channel.name === name)
  if (!found) throw new Error(`there is no channel ${name}`)
  return found
}

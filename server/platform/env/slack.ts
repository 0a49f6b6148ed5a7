import { z } from 'zod'
import { environmentFragment } from './read'

/** Where Slack is. Only installations that reach it by another address (GovSlack, a gateway) set this. */
export const slackEnvironment = environmentFragment({
  SLACK_API_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://slack.com/api')
    .describe('set it to the address of the Slack Web API, such as https://slack-gov.com/api'),
})

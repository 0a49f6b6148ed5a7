import { z } from 'zod'
import { forgetWishes, markRead, markUnread, saveWishes } from '#server/notifications/commands/inbox'
import { linkSlackSelf } from '#server/notifications/commands/slack'
import { placeSchema, saveWishesInput } from '#server/notifications/model'
import { countUnread, inbox } from '#server/notifications/queries/inbox'
import { ownWishes } from '#server/notifications/queries/preferences'
import { mailbox, matrixView, ownSlack, slackBehindLink } from '#server/notifications/queries/settings'
import { webEnvironment } from '#server/platform/env/web'
import { router } from '../init'
import { permitted } from '../procedures'

const slackLink = z.object({ token: z.string().min(1).max(1_000) })

export const notificationsRouter = router({
  inbox: permitted('notification.read')
    .input(z.object({ filter: z.enum(['all', 'unread']).default('all'), before: z.date().optional() }))
    .query(({ ctx, input }) => inbox(ctx.scope, input)),

  unread: permitted('notification.read').query(({ ctx }) => countUnread(ctx.scope)),

  markRead: permitted('notification.change')
    .input(z.object({ ids: z.array(z.uuid()).min(1).max(200) }))
    .mutation(({ ctx, input }) => markRead(ctx.scope, input.ids, new Date())),

  markAllRead: permitted('notification.change').mutation(({ ctx }) => markRead(ctx.scope, 'all', new Date())),

  markUnread: permitted('notification.change')
    .input(z.object({ notificationId: z.uuid() }))
    .mutation(({ ctx, input }) => markUnread(ctx.scope, input.notificationId)),

  preferences: permitted('notification.read').query(async ({ ctx }) => ({
    ...matrixView(),
    address: webEnvironment().NEXTAUTH_URL.replace(/\/+$/, ''),
    wishes: await ownWishes(ctx.scope),
    slack: await ownSlack(ctx.scope),
  })),

  savePreferences: permitted('notification.change')
    .input(saveWishesInput)
    .mutation(({ ctx, input }) => saveWishes(ctx.scope, input, new Date())),

  forgetPreferences: permitted('notification.change')
    .input(z.object({ place: placeSchema }))
    .mutation(({ ctx, input }) => forgetWishes(ctx.scope, input.place)),

  /** Looking at a link never ties anybody to anybody. */
  slackBehind: permitted('notification.read')
    .input(slackLink)
    .query(({ ctx, input }) => slackBehindLink(ctx.scope, input.token, new Date())),

  linkSlack: permitted('notification.change')
    .input(slackLink)
    .mutation(({ ctx, input }) => linkSlackSelf(ctx.scope, input.token, new Date())),

  mailbox: permitted('mailbox.read').query(({ ctx }) => mailbox(ctx.scope)),
})

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { authorize, personScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { isAllowed } from '#server/auth/rules/permissions'
import { hashToken } from '#server/platform/crypto/token'
import { databaseNow } from '#server/platform/database/clock'
import type { Decision, DecisionLink } from '#server/platform/database/generated/client'
import { reader, type Transaction, transaction } from '#server/platform/database/transaction'
import { type Answered, answerLocked } from './commands'
import { DecisionError } from './errors'
import { answerRoleOf, optionsSchema } from './model'
import { type DecisionView, findDecision } from './queries'
import { lockDecision } from './repository'
import { isAsked } from './rules/lifecycle'
import { type LinkState, linkRefusal, linkState, type Viewer } from './rules/link'
import { undoAnswer } from './take-back'

const LINK_HOURS = 72
/** Hours after which a page that was left open must be loaded again before it can send an answer. */
const PAGE_HOURS = 12

/**
 * Makes a link by which one person can answer one decision as it stands now, for 72 hours. Only the token's hash is
 * stored, so the path can't be shown again: make another one. Joins the caller's transaction.
 * @returns the path, `/d/<token>`; whoever sends it puts the product's address before it
 */
export async function mintLink(
  tx: Transaction,
  scope: Scope,
  input: { decisionId: string; userId: string; channel: string },
): Promise<string> {
  const decision = await tx.decision.findFirst({
    where: { id: input.decisionId, organizationId: scope.organizationId },
    select: { id: true, version: true },
  })
  if (!decision) {
    throw new DecisionError({ code: 'decision-not-found', kind: 'not-found', message: 'There is no such decision.' })
  }
  const token = randomBytes(32).toString('base64url')
  const now = await databaseNow(tx)
  await tx.decisionLink.create({
    data: {
      organizationId: scope.organizationId,
      decisionId: decision.id,
      userId: input.userId,
      version: decision.version,
      tokenHash: hashToken(token),
      channel: input.channel,
      expiresAt: new Date(now.getTime() + LINK_HOURS * 3600_000),
    },
  })
  return `/d/${token}`
}

/** Makes every link of a decision, or of one person to it, worthless. */
export async function revokeLinks(
  tx: Transaction,
  scope: Scope,
  input: { decisionId: string; userId?: string },
): Promise<number> {
  const { count } = await tx.decisionLink.updateMany({
    where: { ...input, organizationId: scope.organizationId, revokedAt: null },
    data: { revokedAt: await databaseNow(tx) },
  })
  return count
}

/** What a link shows. `pageToken` goes back with the answer: only a page that was really shown has one. */
export type LinkView =
  | { state: 'unknown' }
  | {
      state: LinkState
      viewer: Viewer
      madeFor: string
      organization: string
      decisionId: string
      /** null when the link, or whoever looks, gets to see nothing */
      decision: DecisionView | null
      pageToken: string
    }

interface Held {
  link: DecisionLink
  decision: Decision
  /** null when the person it was made for is no member any more */
  scope: Scope | null
  madeFor: string
}

/** Looks only: never changes anything, however often and by whatever it is called. */
export async function decisionBehindLink(token: string, viewerId: string | null): Promise<LinkView> {
  const held = await hold(reader(), token)
  if (!held) return { state: 'unknown' }
  const now = await databaseNow(reader())
  const state = stateOf(held, now)
  const viewer = viewerOf(held, viewerId)
  const organization = await reader().organization.findUniqueOrThrow({ where: { id: held.link.organizationId } })
  const shown = viewer !== 'somebody-else' && !['revoked', 'powerless', 'expired'].includes(state)
  return {
    state,
    viewer,
    madeFor: held.madeFor,
    organization: organization.name,
    decisionId: held.decision.id,
    decision: shown && held.scope ? await findDecision(held.scope, held.decision.id) : null,
    pageToken: pageToken(token, held.decision.version, now),
  }
}

/**
 * Answers for the person a link was made for. It needs the token of a page that was shown for this link and this
 * version of the question, so nothing that only follows links or sends what it finds in an address can answer.
 * @throws DecisionError link-closed, link-for-another, sign-in-first, asked-anew, and everything `answerDecision` throws
 */
export async function answerByLink(
  token: string,
  viewerId: string | null,
  input: { option: string; comment: string; pageToken: string },
): Promise<Answered> {
  // Before the transaction: looking the person up takes a connection of its own.
  const found = await hold(reader(), token)
  if (!found?.scope) throw closed('unknown')
  const { scope, link } = found
  return transaction(async (tx) => {
    const decision = await lockDecision(tx, scope, link.decisionId)
    const held = { ...found, decision }
    const now = await databaseNow(tx)
    const state = stateOf(held, now)
    if (state === 'revoked' || state === 'powerless' || state === 'expired') throw closed(state)
    if (state === 'open') refuseHolder(held, viewerId, input.option)
    if (state === 'open' && !pageTokenHolds(input.pageToken, token, decision.version, now)) throw notFromPage()
    await tx.decisionLink.update({ where: { id: link.id }, data: { usedAt: now } })
    const { option, comment } = input
    return answerLocked(tx, scope, decision, { option, comment, via: 'link', version: link.version })
  })
}

/**
 * Takes an answer back for the person a link was made for, and lets this link answer the question once more.
 * @throws DecisionError link-closed, link-for-another, and everything `undoAnswer` throws
 */
export async function undoByLink(token: string, viewerId: string | null): Promise<{ id: string; version: number }> {
  const held = await hold(reader(), token)
  if (!held?.scope) throw closed('unknown')
  const state = stateOf(held, await databaseNow(reader()))
  if (state === 'revoked' || state === 'powerless' || state === 'expired') throw closed(state)
  refuseHolder(held, viewerId, '')
  const { scope, link } = held
  return transaction(async (tx) => {
    const { id, version } = await undoAnswer(scope, { decisionId: link.decisionId })
    await tx.decisionLink.update({ where: { id: link.id }, data: { version } })
    return { id, version }
  })
}

async function hold(tx: Transaction, token: string): Promise<Held | null> {
  const found = await tx.decisionLink.findUnique({
    where: { tokenHash: hashToken(token) },
    include: { decision: true },
  })
  if (!found) return null
  const { decision, ...link } = found
  const user = await tx.user.findUnique({ where: { id: link.userId }, select: { name: true, email: true } })
  const scope = await personScope(link.userId, link.organizationId).catch(() => null)
  return { link, decision, scope, madeFor: user?.name ?? user?.email ?? 'somebody' }
}

function stateOf({ link, decision, scope }: Held, now: Date): LinkState {
  const asked = { answerRole: answerRoleOf(decision.answerRole), answererIds: decision.answererIds }
  const mayAnswer = scope !== null && isAllowed(scope.role, 'decision.answer') && isAsked(asked, scope)
  return linkState({ ...link, mayAnswer, decision }, now)
}

function viewerOf({ link }: Held, viewerId: string | null): Viewer {
  if (viewerId === null) return 'nobody'
  return viewerId === link.userId ? 'owner' : 'somebody-else'
}

function refuseHolder(held: Held, viewerId: string | null, option: string): void {
  if (held.scope) authorize(held.scope, 'decision.answer')
  const chosen = optionsSchema.parse(held.decision.options).find((candidate) => candidate.id === option)
  const refusal = linkRefusal(viewerOf(held, viewerId), chosen?.reversible ?? null)
  if (refusal === 'link-for-another') {
    throw new DecisionError({
      code: 'link-for-another',
      kind: 'forbidden',
      message: `This link was made for ${held.madeFor}. Nothing was taken. Open the decision itself to answer as yourself.`,
    })
  }
  if (refusal === 'sign-in-first') {
    throw new DecisionError({
      code: 'sign-in-first',
      kind: 'unauthenticated',
      message: `"${chosen?.label ?? option}" can't be undone, and links get forwarded. Please sign in as ${held.madeFor} first; nothing was taken.`,
    })
  }
}

/** Binds an answer to a page: link, version, hour. The link's own token is the key, and it is stored nowhere. */
function pageToken(token: string, version: number, now: Date): string {
  const issued = String(Math.floor(now.getTime() / 1000))
  return `${issued}.${sign(token, version, issued)}`
}

function sign(token: string, version: number, issued: string): string {
  return createHmac('sha256', token).update(`answer page ${version} ${issued}`).digest('base64url')
}

function pageTokenHolds(given: string, token: string, version: number, now: Date): boolean {
  const [issued = '', signature = ''] = given.split('.', 2)
  const age = now.getTime() / 1000 - Number(issued)
  if (!/^\d{1,12}$/.test(issued) || age < -5 || age > PAGE_HOURS * 3600) return false
  const [got, wanted] = [Buffer.from(signature), Buffer.from(sign(token, version, issued))]
  return got.length === wanted.length && timingSafeEqual(got, wanted)
}

function notFromPage(): DecisionError {
  return new DecisionError({
    code: 'asked-anew',
    kind: 'conflict',
    message: 'This page is too old to send an answer. Nothing was taken; load it again and choose once more.',
  })
}

function closed(state: 'unknown' | 'revoked' | 'powerless' | 'expired'): DecisionError {
  const messages = {
    unknown: 'This link is not valid. Copy it whole, or sign in and open Decisions.',
    revoked: 'This link was withdrawn. Sign in and open Decisions to answer.',
    powerless: 'Whoever this link was made for may not answer this question any more.',
    expired: 'This link has expired. Sign in and open Decisions to answer.',
  }
  return new DecisionError({ code: 'link-closed', kind: 'conflict', message: messages[state] })
}

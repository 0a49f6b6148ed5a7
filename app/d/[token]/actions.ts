'use server'

import { TRPCError } from '@trpc/server'
import { redirect } from 'next/navigation'
import { caller } from '#server/trpc/caller'
import { keepRefusal } from '../../_components/refusal'

const field = (form: FormData, name: string) => String(form.get(name) ?? '')

/** The address of a link's page that says what came of a sent form. */
function pageOf(token: string, said: string): string {
  return `/d/${encodeURIComponent(token)}?${said}`
}

/** Why a form was not taken, as the page's address says it; a fault of ours goes on to the error page. */
async function refusal(token: string, error: unknown): Promise<string> {
  if (!(error instanceof TRPCError) || error.code === 'INTERNAL_SERVER_ERROR') throw error
  const code = (error.cause as { code?: string } | undefined)?.code ?? ''
  if (code === 'already-answered') return 'late=1'
  if (code === 'sign-in-first') return 'sign-in=1'
  if (error.code === 'BAD_REQUEST') return 'choose=1'
  await keepRefusal(`/d/${encodeURIComponent(token)}`, error.message)
  return 'refused=1'
}

/** Takes the answer a person chose on the page of their link. Comes back to the page, which then shows the answer. */
export async function answerLink(form: FormData): Promise<void> {
  const token = field(form, 'token')
  let said = 'sent=1'
  try {
    const [pageToken, option, comment] = [field(form, 'pageToken'), field(form, 'option'), field(form, 'comment')]
    if (option) await (await caller()).decisions.answerByLink({ token, pageToken, option, comment })
    else said = 'choose=1'
  } catch (error) {
    said = await refusal(token, error)
  }
  redirect(pageOf(token, said))
}

/** Takes the answer back. */
export async function undoLink(form: FormData): Promise<void> {
  const token = field(form, 'token')
  let said = 'undone=1'
  try {
    await (await caller()).decisions.undoByLink({ token })
  } catch (error) {
    said = await refusal(token, error)
  }
  redirect(pageOf(token, said))
}

'use server'

import { TRPCError } from '@trpc/server'
import { redirect } from 'next/navigation'
import type { AnswerProblem } from '#components/decisions/decision-form'
import { caller } from '#server/trpc/caller'
import { keepRefusal } from '../../../_components/refusal'

/**
 * Takes the answer of a plain form, sent with or without JavaScript. Comes back to the page, which then shows the
 * answer: this one, or the one of whoever was first.
 */
export async function sendAnswer(_before: AnswerProblem | null, form: FormData): Promise<AnswerProblem | null> {
  const field = (name: string) => String(form.get(name) ?? '')
  const decisionId = field('decisionId')
  const option = field('option')
  const comment = field('comment')
  if (!option) return { message: 'Choose one of the options first.', option, comment }
  try {
    const api = await caller()
    await api.decisions.answer({ decisionId, option, comment })
  } catch (error) {
    if (error instanceof TRPCError && error.code === 'CONFLICT') redirect(`/decisions/${decisionId}?late=1`)
    if (error instanceof TRPCError && error.code === 'UNAUTHORIZED') {
      redirect(`/sign-in?callbackUrl=${encodeURIComponent(`/decisions/${decisionId}`)}`)
    }
    if (error instanceof TRPCError && error.code !== 'INTERNAL_SERVER_ERROR') {
      return { message: error.message, option, comment }
    }
    return {
      message: 'Something went wrong on our side and nothing was changed. Please send it again.',
      option,
      comment,
    }
  }
  redirect(`/decisions/${decisionId}?sent=1`)
}

/** Does one thing to a decision for a plain form and comes back to its page, with the refusal in words if there was one. */
async function change(form: FormData, work: (api: Api, decisionId: string) => Promise<unknown>, done: string) {
  const decisionId = String(form.get('decisionId') ?? '')
  let outcome = done
  try {
    await work(await caller(), decisionId)
  } catch (error) {
    if (!(error instanceof TRPCError) || error.code === 'INTERNAL_SERVER_ERROR') throw error
    await keepRefusal(`/decisions/${decisionId}`, error.message)
    outcome = 'refused=1'
  }
  redirect(`/decisions/${decisionId}?${outcome}`)
}

type Api = Awaited<ReturnType<typeof caller>>

export async function takeBack(form: FormData): Promise<void> {
  await change(form, (api, decisionId) => api.decisions.undo({ decisionId }), 'undone=1')
}

export async function handOver(form: FormData): Promise<void> {
  const userId = String(form.get('userId') ?? '')
  await change(form, (api, decisionId) => api.decisions.delegate({ decisionId, userId }), 'handed=1')
}

export async function putOff(form: FormData): Promise<void> {
  const minutes = Number(form.get('minutes') ?? 60)
  await change(form, (api, decisionId) => api.decisions.snooze({ decisionId, minutes }), 'snoozed=1')
}

export async function setClock(form: FormData): Promise<void> {
  const held = form.get('held') === 'true'
  await change(form, (api, decisionId) => api.decisions.hold({ decisionId, held }), 'clock=1')
}

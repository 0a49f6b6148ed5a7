import type http from 'node:http'
import { delivery, type Fault, type FaultQueue, faultyStep } from '#server/scripted/faults'
import { type JournalEntry, remember } from '#server/scripted/journal'
import type { Reading, Refusal, Reply, Wire } from '#server/scripted/model'
import { nextStep } from '#server/scripted/next-step'
import { sendHalf, sendJson, sendStream } from '#server/scripted/respond'
import { purposeOf } from '#server/scripted/rules/blocks'
import { cutToLimit, inputTokens, usageOf } from '#server/scripted/rules/usage'
import type { Compile } from '#server/scripted/rules/whole-build'

/** One authorized request with a JSON body, and everything needed to answer it. */
export interface Exchange {
  wire: Wire
  json: unknown
  requestHash: string
  runId: string | null
  headers: Readonly<Record<string, string>>
  response: http.ServerResponse
  refuse: (refusal: Refusal) => void
  compile: Compile
  faults: FaultQueue
  journal: JournalEntry[]
  paceMs: number
}

export async function answer(exchange: Exchange, does: 'answer' | 'count'): Promise<void> {
  const { wire, json } = exchange
  if (does === 'count') return count(exchange)
  const reading = wire.read(json)
  const model = reading.ok ? reading.conversation.model : modelIn(json)
  const purpose = reading.ok ? purposeOf(reading.conversation) : null
  const turns = reading.ok ? reading.conversation.turns : []
  const entry: JournalEntry = {
    at: new Date().toISOString(),
    wire: wire.name,
    model,
    runId: exchange.runId,
    requestHash: exchange.requestHash,
    purpose,
    turn: turns.filter((turn) => turn.role === 'assistant').length + 1,
    status: 200,
    fault: null,
    ended: 'open',
  }
  remember(exchange.journal, entry)
  if (!reading.ok) {
    entry.status = reading.refusal.status
    exchange.refuse(reading.refusal)
    entry.ended = 'complete'
    return
  }
  const fault = exchange.faults.take({ purpose, model, wire: wire.name })
  entry.fault = fault?.kind ?? null
  if (fault?.kind === 'status') {
    entry.status = fault.status
    sendStatus(exchange, fault)
    entry.ended = 'complete'
    return
  }
  entry.ended = await sendReply(exchange, replyTo(exchange, reading, fault), fault)
}

function modelIn(json: unknown): string {
  const model = json !== null && typeof json === 'object' && 'model' in json ? json.model : null
  return typeof model === 'string' ? model : ''
}

function count({ wire, json, response, headers, refuse }: Exchange): void {
  const reading = wire.readForCount(json)
  if (!reading.ok) refuse(reading.refusal)
  else sendJson(response, 200, wire.counted(inputTokens(reading.conversation, overheadOf(reading))), headers)
}

/** What counts as input beside the words: tool definitions and the schema of the answer. */
function overheadOf({ body, conversation }: Reading): string {
  return JSON.stringify([body.tools ?? [], conversation.answer ?? ''])
}

function replyTo({ compile, requestHash }: Exchange, reading: Reading, fault: Fault | null): Reply {
  const { conversation } = reading
  const planned = nextStep(conversation, compile)
  const step = cutToLimit(fault ? faultyStep(fault, planned) : planned, reading.maxOutputTokens)
  return { hash: requestHash, reading, step, usage: usageOf(conversation, step, overheadOf(reading), reading.caches) }
}

function sendStatus(
  { wire, headers, response, requestHash }: Exchange,
  fault: Extract<Fault, { kind: 'status' }>,
): void {
  const { status, message = `The scripted provider was told to answer ${status}.`, code } = fault
  const body = fault.body ?? wire.error({ status, type: 'api_error', message, code }, `req_${requestHash.slice(0, 28)}`)
  sendJson(response, status, body, { ...headers, ...fault.headers })
}

async function sendReply(exchange: Exchange, reply: Reply, fault: Fault | null): Promise<JournalEntry['ended']> {
  const { wire, response, headers, paceMs } = exchange
  const planned = delivery(wire, reply, fault)
  if (reply.reading.stream) return await sendStream(response, planned, paceMs, headers)
  const breaks = fault?.kind === 'malformed-frame' || planned.end !== 'complete'
  if (breaks) return await sendHalf(response, wire.whole(reply), planned.end, headers)
  sendJson(response, 200, wire.whole(reply), headers)
  return 'complete'
}

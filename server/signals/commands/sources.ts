import type { Scope } from '#server/auth/model'
import { cleanText } from '#server/kernel/clean-text'
import type { SignalSource } from '#server/platform/database/generated/client'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { findProject } from '#server/projects/queries'
import { SignalError } from '../errors'
import {
  type AddSourceInput,
  addSourceInput,
  type ChangeSourceInput,
  changeSourceInput,
  noMapping,
  type PolicyInput,
} from '../model'
import { insertSource, lockSource, rotateSecrets } from '../repository/sources'

/** What is shown once: the path of the address with its key, and the secret to enter in the tool. */
export interface NewSource {
  id: string
  path: string
  secret: string
}

const pathOf = (kind: string, key: string) => `/api/inbound/${kind}/${key}`

/** @throws ProjectError project-not-found */
export async function addSource(scope: Scope, given: AddSourceInput): Promise<NewSource> {
  const input = addSourceInput.parse(given)
  const project = await findProject(scope, input.projectId)
  return transaction(async (tx) => {
    const label = cleanText(input.label)
    const made = await insertSource(
      tx,
      {
        organizationId: scope.organizationId,
        projectId: project.id,
        kind: input.kind,
        label,
        mapping: input.mapping ?? noMapping,
        ownAccounts: input.ownAccounts.map(cleanText),
        createdById: scope.actor.id,
      },
      input.secret,
    )
    const payload = { sourceId: made.id, kind: input.kind, label }
    await append(tx, scope, [{ type: 'signal-source.added', projectId: project.id, payload }])
    return { id: made.id, path: pathOf(input.kind, made.key), secret: made.secret }
  })
}

function notFound(): SignalError {
  return new SignalError({
    code: 'source-not-found',
    kind: 'not-found',
    message: 'There is no such source here. It may have been removed with its project.',
  })
}

const toldOf = (source: SignalSource) => ({ sourceId: source.id, kind: source.kind, label: source.label })

/** Changes what was given. A disabled source answers 404 until it is enabled again. @throws SignalError source-not-found */
export async function changeSource(scope: Scope, given: ChangeSourceInput): Promise<void> {
  const { sourceId, ...input } = changeSourceInput.parse(given)
  await transaction(async (tx) => {
    const source = await lockSource(tx, scope.organizationId, sourceId)
    if (!source) throw notFound()
    const saved = await tx.signalSource.update({
      where: { id: sourceId },
      data: {
        label: input.label === undefined ? undefined : cleanText(input.label),
        enabled: input.enabled,
        mapping: input.mapping,
        ownAccounts: input.ownAccounts?.map(cleanText),
      },
    })
    const payload = { ...toldOf(saved), enabled: saved.enabled }
    await append(tx, scope, [{ type: 'signal-source.changed', projectId: source.projectId, payload }])
  })
}

/** A new address and a new secret; the old ones end at once. @throws SignalError source-not-found */
export async function rotateSource(
  scope: Scope,
  input: { sourceId: string; secret?: string },
  now = new Date(),
): Promise<NewSource> {
  return transaction(async (tx) => {
    const source = await lockSource(tx, scope.organizationId, input.sourceId)
    if (!source) throw notFound()
    const { key, secret } = await rotateSecrets(tx, source, input.secret, now)
    await append(tx, scope, [{ type: 'signal-source.rotated', projectId: source.projectId, payload: toldOf(source) }])
    return { id: source.id, path: pathOf(source.kind, key), secret }
  })
}

/** What signals of a project may set in motion. @throws ProjectError project-not-found */
export async function setPolicy(scope: Scope, { projectId, ...policy }: PolicyInput): Promise<void> {
  await findProject(scope, projectId)
  await transaction(async (tx) => {
    await tx.signalPolicy.upsert({
      where: { projectId },
      create: { projectId, organizationId: scope.organizationId, ...policy },
      update: { ...policy, updatedAt: new Date() },
    })
    await append(tx, scope, [{ type: 'signal-policy.changed', projectId, payload: policy }])
  })
}

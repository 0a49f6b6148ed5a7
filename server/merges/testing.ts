import { readdirSync, readFileSync } from 'node:fs'
import type { JobData } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import { until } from '#server/platform/queue/testing'
import { makeRequirement, makeSetting, tasksOf } from '#server/scheduler/testing/setting'
import { presentMain } from '#server/workspaces/ensure'

/** A task with one acceptance command, at the step that runs it: done means that its requirement is verified. */
export async function atStep(status: 'proving' | 'merging' | 'done', command: string) {
  const { scope, projectId, agents } = await makeSetting()
  const requirementId = await makeRequirement({ scope, projectId, agents }, [{ id: 'T1' }])
  const task = (await tasksOf(requirementId)).T1
  const taskId = task?.id as string
  const commit = await presentMain(projectId)
  const of = { organizationId: scope.organizationId, projectId, requirementId, taskId }
  const { id: runId } = await database().run.create({
    data: {
      ...{
        ...of,
        agentId: agents.coder,
        purpose: 'implement',
        attempt: 1,
        providerMode: 'scripted',
        connector: 'openai',
      },
      ...{ model: 'm', prompt: {}, status: 'finished', commit, baseCommit: commit },
    },
  })
  const acceptance = [{ id: 'A1', text: 'works', command, proves: [] }]
  await database().task.update({ where: { id: taskId }, data: { status, acceptance, attempt: 1 } })
  if (status === 'merging') {
    const { organizationId } = scope
    await database().merge.create({ data: { organizationId, projectId, taskId, runId } })
  }
  if (status === 'done')
    await database().requirement.update({ where: { id: requirementId }, data: { verification: 'requested' } })
  const job: JobData = { ...of, runId }
  const events = async () =>
    (await database().event.findMany({ where: { requirementId }, orderBy: { sequence: 'asc' } })).map(
      ({ type }) => type,
    )
  return { scope, requirementId, taskId, runId, job, events }
}

/** A command that takes so many seconds, give or take some thousandths that make it this one's own. */
export const sleeping = (seconds: number) => `sleep ${seconds}.00${Math.floor(Math.random() * 1e9)}`

/** Waits until this command runs, in whatever sandbox. */
export async function untilRuns(command: string): Promise<void> {
  const runs = (id: string) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(command)
    } catch {
      return false // it has just ended
    }
  }
  await until(async () => readdirSync('/proc').some((name) => /^\d+$/.test(name) && runs(name)))
}

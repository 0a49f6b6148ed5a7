/** What every event of every room looks like before it is stored. */
export interface EventDraft<Type extends string = string, Payload = unknown> {
  type: Type
  payload: Payload
  projectId?: string
  requirementId?: string
  taskId?: string
  runId?: string
  decisionId?: string
  /** For the jobs that follow from it (flow.ts): the higher, the earlier. 0 when left out; not stored. */
  priority?: number
}

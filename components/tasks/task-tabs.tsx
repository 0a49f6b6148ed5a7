/** The sides of a task, as they stand in its address (`?tab=`). */
export const taskTabs = ['transcript', 'diff', 'checks', 'log', 'attempts', 'why', 'budget'] as const
export type TaskTab = (typeof taskTabs)[number]

/** The views of a requirement, as they stand in its address (`?view=`). */
export const requirementViews = ['graph', 'list', 'statements', 'activity', 'cost', 'files'] as const
export type RequirementViewName = (typeof requirementViews)[number]

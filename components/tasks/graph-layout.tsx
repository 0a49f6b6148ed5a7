import dagre from '@dagrejs/dagre'

export const NODE_WIDTH = 216
export const NODE_HEIGHT = 64

export interface Point {
  x: number
  y: number
}

/**
 * Places tasks in layers from left to right, dependencies before dependants. The same graph gets the same places, so
 * that a change of state moves nothing. Dependencies on tasks that are not in the list are left out.
 */
export function layout(tasks: readonly { id: string; dependsOn: readonly string[] }[]): Map<string, Point> {
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 20, ranksep: 56, ranker: 'tight-tree' })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const task of tasks) graph.setNode(task.id, { width: NODE_WIDTH, height: NODE_HEIGHT })
  for (const task of tasks) {
    for (const id of task.dependsOn) if (graph.hasNode(id)) graph.setEdge(id, task.id)
  }
  dagre.layout(graph)
  return new Map(
    tasks.map(({ id }) => {
      const { x, y } = graph.node(id)
      return [id, { x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - NODE_HEIGHT / 2) }]
    }),
  )
}

/** Where an arrow key leads from a task: along dependencies to the sides, to neighbours of the layer up and down. */
export function neighbour(
  key: string,
  from: string,
  tasks: readonly { id: string; dependsOn: readonly string[] }[],
  places: ReadonlyMap<string, Point>,
): string | null {
  const here = places.get(from)
  const task = tasks.find(({ id }) => id === from)
  if (!here || !task) return null
  const nearest = (ids: readonly string[]) => {
    const height = (id: string) => Math.abs((places.get(id)?.y ?? 0) - here.y)
    return ids.filter((id) => places.has(id)).sort((a, b) => height(a) - height(b))[0] ?? null
  }
  const layer = tasks.filter(({ id }) => id !== from && places.get(id)?.x === here.x).map(({ id }) => id)
  switch (key) {
    case 'ArrowLeft':
      return nearest(task.dependsOn)
    case 'ArrowRight':
      return nearest(tasks.filter(({ dependsOn }) => dependsOn.includes(from)).map(({ id }) => id))
    case 'ArrowUp':
      return nearest(layer.filter((id) => (places.get(id)?.y ?? 0) < here.y))
    case 'ArrowDown':
      return nearest(layer.filter((id) => (places.get(id)?.y ?? 0) > here.y))
    default:
      return null
  }
}

/** A task as far as the graph is concerned. Unknown dependencies must have been refused before. */
export interface GraphNode {
  id: string
  dependsOn: readonly string[]
}

function byId(nodes: readonly GraphNode[]): Map<string, GraphNode> {
  return new Map(nodes.map((node) => [node.id, node]))
}

/**
 * A circle of dependencies as a path that ends where it began, or null. Depth-first search with three colours
 * (Cormen et al., Introduction to Algorithms, 22.3): an edge to a node still on the path closes a circle.
 */
export function findCycle(nodes: readonly GraphNode[]): string[] | null {
  const index = byId(nodes)
  const finished = new Set<string>()
  for (const start of nodes) {
    const path: { id: string; next: number }[] = []
    const onPath = new Set<string>()
    const enter = (id: string): void => {
      path.push({ id, next: 0 })
      onPath.add(id)
    }
    if (!finished.has(start.id)) enter(start.id)
    while (path.length > 0) {
      const top = path[path.length - 1] as { id: string; next: number }
      const dependency = index.get(top.id)?.dependsOn[top.next]
      top.next += 1
      if (dependency === undefined) {
        finished.add(top.id)
        onPath.delete(top.id)
        path.pop()
      } else if (onPath.has(dependency)) {
        const ids = path.map((step) => step.id)
        return [...ids.slice(ids.indexOf(dependency)), dependency]
      } else if (!finished.has(dependency)) {
        enter(dependency)
      }
    }
  }
  return null
}

/** Number of tasks on the longest chain. The graph must have no cycle. */
export function criticalDepth(nodes: readonly GraphNode[]): number {
  const index = byId(nodes)
  const depths = new Map<string, number>()
  const depthOf = (id: string): number => {
    const known = depths.get(id)
    if (known !== undefined) return known
    const depth = 1 + Math.max(0, ...(index.get(id)?.dependsOn ?? []).map(depthOf))
    depths.set(id, depth)
    return depth
  }
  return Math.max(0, ...nodes.map((node) => depthOf(node.id)))
}

/** `before(a, b)`: does the graph force a to end before b starts? The graph must have no cycle. */
export function ordered(nodes: readonly GraphNode[]): (first: string, second: string) => boolean {
  const index = byId(nodes)
  const ancestors = new Map<string, Set<string>>()
  const ancestorsOf = (id: string): Set<string> => {
    const known = ancestors.get(id)
    if (known) return known
    const found = new Set<string>()
    ancestors.set(id, found)
    for (const dependency of index.get(id)?.dependsOn ?? []) {
      found.add(dependency)
      for (const further of ancestorsOf(dependency)) found.add(further)
    }
    return found
  }
  return (first, second) => ancestorsOf(second).has(first)
}

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

/** Every task after all it depends on (Kahn's algorithm). The graph must have no cycle. */
export function topological<Node extends GraphNode>(nodes: readonly Node[]): Node[] {
  const index = byId(nodes)
  const dependants = dependantsOf(nodes)
  const open = new Map(nodes.map((node) => [node.id, new Set(node.dependsOn.filter((id) => index.has(id))).size]))
  const order = nodes.filter((node) => open.get(node.id) === 0)
  for (let next = 0; next < order.length; next += 1) {
    for (const dependant of dependants.get((order[next] as Node).id) ?? []) {
      const left = (open.get(dependant) as number) - 1
      open.set(dependant, left)
      if (left === 0) order.push(index.get(dependant) as Node)
    }
  }
  return order
}

function dependantsOf(nodes: readonly GraphNode[]): Map<string, string[]> {
  const dependants = new Map<string, string[]>(nodes.map((node) => [node.id, []]))
  for (const node of nodes) {
    for (const dependency of new Set(node.dependsOn)) dependants.get(dependency)?.push(node.id)
  }
  return dependants
}

/** Number of tasks on the longest chain. The graph must have no cycle. */
export function criticalDepth(nodes: readonly GraphNode[]): number {
  const depths = new Map<string, number>()
  for (const node of topological(nodes)) {
    depths.set(node.id, 1 + Math.max(0, ...node.dependsOn.map((id) => depths.get(id) ?? 0)))
  }
  return Math.max(0, ...depths.values())
}

/**
 * Upward rank (HEFT, Topcuoglu et al. 2002, without communication): expected milliseconds of a task plus the highest
 * rank of what depends on it. Starting the highest rank first keeps the critical path moving. The graph must have no
 * cycle.
 */
export function upwardRanks(nodes: readonly (GraphNode & { expectedMs: number })[]): Map<string, number> {
  const dependants = dependantsOf(nodes)
  const ranks = new Map<string, number>()
  for (const node of topological(nodes).reverse()) {
    let after = 0
    for (const dependant of dependants.get(node.id) ?? []) after = Math.max(after, ranks.get(dependant) ?? 0)
    ranks.set(node.id, node.expectedMs + after)
  }
  return ranks
}

/** How many of a task's dependencies are not done yet. */
export function openDependencies(node: GraphNode, done: ReadonlySet<string>): number {
  let open = 0
  for (const dependency of new Set(node.dependsOn)) if (!done.has(dependency)) open += 1
  return open
}

/** Everything that directly or indirectly builds on one of these tasks, themselves not included. */
export function descendants(nodes: readonly GraphNode[], of: readonly string[]): Set<string> {
  const dependants = dependantsOf(nodes)
  const found = new Set<string>()
  const open = [...of]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const dependant of dependants.get(id) ?? []) {
      if (found.has(dependant)) continue
      found.add(dependant)
      open.push(dependant)
    }
  }
  for (const id of of) found.delete(id)
  return found
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

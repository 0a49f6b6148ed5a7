export const NODE_WIDTH = 216
export const NODE_HEIGHT = 64
const COLUMN_GAP = 56
const ROW_GAP = 20
/** Height that a line takes where it passes a column. */
const LINE_HEIGHT = 8
/** Sweeps over the columns; more change nothing that one sees. */
const SWEEPS = 8

export interface Point {
  x: number
  y: number
}

interface Task {
  id: string
  dependsOn: readonly string[]
}

/** A task in its column, or a place where a line to a later column passes. */
interface Slot {
  /** null: a line passes */
  task: string | null
  column: number
  height: number
  /** Middle. */
  y: number
  left: Slot[]
  right: Slot[]
}

export interface GraphLayout {
  /** The upper left corner of each task. */
  places: Map<string, Point>
  /** One line per dependency: where it leaves, passes columns (each twice: in and out), and arrives. */
  lines: { from: string; points: Point[] }[]
  width: number
  height: number
}

/** The column of each task: one after the last of its dependencies. A cycle is cut where it is met again. */
function columnsOf(tasks: ReadonlyMap<string, Task>): Map<string, number> {
  const columns = new Map<string, number>()
  const open = new Set<string>()
  const visit = (task: Task): number => {
    const known = columns.get(task.id)
    if (known !== undefined) return known
    open.add(task.id)
    let column = 0
    for (const id of task.dependsOn) {
      const before = tasks.get(id)
      if (before && !open.has(id)) column = Math.max(column, visit(before) + 1)
    }
    open.delete(task.id)
    columns.set(task.id, column)
    return column
  }
  for (const task of tasks.values()) visit(task)
  return columns
}

const mean = (slots: readonly Slot[]) => slots.reduce((sum, { y }) => sum + y, 0) / slots.length

/** Sorts a column by where its slots are drawn to, keeps the order of equals, and puts each as near there as fits. */
function settle(column: Slot[], side: 'left' | 'right'): void {
  const wish = new Map(column.map((slot) => [slot, slot[side].length > 0 ? mean(slot[side]) : slot.y]))
  const wanted = (slot: Slot) => wish.get(slot) ?? slot.y
  column.sort((one, other) => wanted(one) - wanted(other))
  let edge = Number.NEGATIVE_INFINITY
  let pushed = 0
  for (const slot of column) {
    slot.y = Math.max(wanted(slot), edge + slot.height / 2)
    edge = slot.y + slot.height / 2 + ROW_GAP
    pushed += slot.y - wanted(slot)
  }
  // Who is pushed is pushed down: half of it is given back, so that a column stays around its wishes.
  for (const slot of column) slot.y -= pushed / column.length
}

/** Slots column by column, joined by dependencies; a line that spans columns gets a slot in each between. */
function slotsOf(tasks: ReadonlyMap<string, Task>): { columns: Slot[][]; ends: { from: string; path: Slot[] }[] } {
  const columnOf = columnsOf(tasks)
  const columns: Slot[][] = []
  const add = (task: string | null, column: number, height: number): Slot => {
    const others = columns[column] ?? []
    columns[column] = others
    const slot: Slot = { task, column, height, y: others.length * (NODE_HEIGHT + ROW_GAP), left: [], right: [] }
    others.push(slot)
    return slot
  }
  const byTask = new Map([...tasks.keys()].map((id) => [id, add(id, columnOf.get(id) ?? 0, NODE_HEIGHT)]))
  const ends: { from: string; path: Slot[] }[] = []
  for (const task of tasks.values()) {
    const end = byTask.get(task.id)
    for (const id of new Set(task.dependsOn)) {
      const start = byTask.get(id)
      if (!start || !end || start.column >= end.column) continue
      const path = [start]
      for (let column = start.column + 1; column < end.column; column += 1) path.push(add(null, column, LINE_HEIGHT))
      path.push(end)
      path.forEach((slot, index) => {
        const next = path[index + 1]
        if (next) {
          slot.right.push(next)
          next.left.push(slot)
        }
      })
      ends.push({ from: id, path })
    }
  }
  return { columns, ends }
}

/**
 * Places tasks in columns from left to right, each in the first step in which it could begin, and lets lines pass
 * between them. The same graph gets the same places, so that a change of state moves nothing. Dependencies on tasks that
 * are not in the list are left out.
 */
export function layout(given: readonly Task[]): GraphLayout {
  const { columns, ends } = slotsOf(new Map(given.map((task) => [task.id, task])))
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const column of columns.slice(1)) settle(column, 'left')
    for (const column of columns.slice(0, -1).reverse()) settle(column, 'right')
  }
  const slots = columns.flat()
  const top = Math.min(...slots.map(({ y, height }) => y - height / 2))
  const bottom = Math.max(...slots.map(({ y, height }) => y + height / 2))
  const x = ({ column }: Slot) => column * (NODE_WIDTH + COLUMN_GAP)
  const y = (slot: Slot) => Math.round(slot.y - top)
  const places = new Map<string, Point>()
  for (const slot of slots) if (slot.task) places.set(slot.task, { x: x(slot), y: y(slot) - NODE_HEIGHT / 2 })
  const lines = ends.map(({ from, path }) => {
    const points = path.flatMap((slot) => [
      { x: x(slot), y: y(slot) },
      { x: x(slot) + NODE_WIDTH, y: y(slot) },
    ])
    return { from, points: points.slice(1, -1) }
  })
  const width = Math.max(0, columns.length * (NODE_WIDTH + COLUMN_GAP) - COLUMN_GAP)
  return { places, lines, width, height: slots.length === 0 ? 0 : Math.ceil(bottom - top) }
}

/** Where an arrow key leads from a task: along dependencies to the sides, to neighbours of the column up and down. */
export function neighbour(
  key: string,
  from: string,
  tasks: readonly Task[],
  places: ReadonlyMap<string, Point>,
): string | null {
  const here = places.get(from)
  const task = tasks.find(({ id }) => id === from)
  if (!here || !task) return null
  const nearest = (ids: readonly string[]) => {
    const height = (id: string) => Math.abs((places.get(id)?.y ?? 0) - here.y)
    return ids.filter((id) => places.has(id)).sort((a, b) => height(a) - height(b))[0] ?? null
  }
  const column = tasks.filter(({ id }) => id !== from && places.get(id)?.x === here.x).map(({ id }) => id)
  switch (key) {
    case 'ArrowLeft':
      return nearest(task.dependsOn)
    case 'ArrowRight':
      return nearest(tasks.filter(({ dependsOn }) => dependsOn.includes(from)).map(({ id }) => id))
    case 'ArrowUp':
      return nearest(column.filter((id) => (places.get(id)?.y ?? 0) < here.y))
    case 'ArrowDown':
      return nearest(column.filter((id) => (places.get(id)?.y ?? 0) > here.y))
    default:
      return null
  }
}

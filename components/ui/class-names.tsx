type ClassValue = string | false | null | undefined | readonly ClassValue[]

/**
 * Joins class names. Their order decides nothing: a class that who uses a component may replace is written
 * `weak:underline` in the component, and any plain class for the same property wins over it (globals.css).
 */
export function classNames(...values: readonly ClassValue[]): string {
  return values
    .map((value) => (typeof value === 'object' && value ? classNames(...value) : value))
    .filter(Boolean)
    .join(' ')
}

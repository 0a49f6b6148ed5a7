/** Makes the compiler prove that a switch handles every member of a union; throws if data from outside slipped past. */
export function exhaustive(value: never): never {
  throw new Error(`unhandled value: ${JSON.stringify(value)}`)
}

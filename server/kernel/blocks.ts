/**
 * Facts inside a prompt: `<name>` … `</name>` around one JSON value a line. The characters that could close a block
 * are escaped inside the JSON, so text from outside can never pretend to be a block of ours.
 */
export function block(name: string, values: readonly unknown[]): string {
  const lines = values.map((value) =>
    JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026'),
  )
  return [`<${name}>`, ...lines, `</${name}>`].join('\n')
}

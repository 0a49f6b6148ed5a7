import { launch } from './launch'

/** `dev [--port N] [--data FOLDER]`: the product from its sources; a saved file takes effect at once. */
export function run(args: string[]): Promise<number> {
  return launch('development', args)
}

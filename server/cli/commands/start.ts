import { launch } from './launch'

/** `start [--port N] [--data FOLDER] [--no-build]`: the product as people use it. */
export function run(args: string[]): Promise<number> {
  return launch('production', args)
}

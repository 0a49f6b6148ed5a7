import type { ToolName } from '../model'
import { listFiles, patchFile, readFile, searchFiles, writeFile } from './files'
import { askHuman, emitSignal, finish } from './people'
import { runCommand } from './run-command'
import type { Tool } from './tool'

/** The agent's hands, one for each name of the model. */
export const tools: { [Name in ToolName]: Tool<Name> } = {
  list_files: listFiles,
  read_file: readFile,
  write_file: writeFile,
  patch_file: patchFile,
  search_files: searchFiles,
  run_command: runCommand,
  ask_human: askHuman,
  emit_signal: emitSignal,
  finish,
}

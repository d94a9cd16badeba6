/** `portcullis types`: the TypeScript types of what handlers get. */

import { readFileSync } from 'node:fs'
import { inspect } from '../policy/inspect.ts'
import { inputTypes } from '../tools/types/input-types.ts'
import { defineCommand, text, UsageFault } from './command.ts'
import { program } from './program.ts'
import { shellWord } from './shell-word.ts'
import { readValues } from './values.ts'
import { writeResult } from './write-result.ts'

export const types = defineCommand({
  example: 'portcullis types ./policies --out policies/inputs.ts',
  options: {
    out: { type: 'string', value: 'FILE', description: 'Writes them to a file in place of the terminal.' },
    check: { type: 'string', value: 'FILE', description: 'Only tells whether a file is current, for CI.' },
    values: { type: 'string', value: 'FILE', description: 'Values in place of the declared ones.' },
  },
  exits: {
    0: 'the types were written, or the file is current',
    1: 'the policies have errors, or the file is not current',
    2: 'wrong usage, or the policy directory cannot be read',
    3: 'the file cannot be written',
  },
  async run({ directory, flags }) {
    const [out, checked] = [text(flags.out), text(flags.check)]
    if (out !== undefined && checked !== undefined) throw new UsageFault('expected `--out` or `--check`, got both')
    const module = inputTypes(inspect(directory, readValues(flags.values)))
    if (checked !== undefined) return judge(checked, module, directory)
    writeResult(module, out)
    return 0
  },
})

/** Line ends do not count: some checkouts change them. */
function judge(file: string, module: string, directory: string): number {
  if (read(file)?.replaceAll('\r\n', '\n') === module) return 0
  const command = `${program} types ${shellWord(directory)} --out ${shellWord(file)}`
  process.stderr.write(`portcullis: \`${file}\` is not current: run \`${command}\`\n`)
  return 1
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

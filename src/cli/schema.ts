/** `portcullis schema`: the JSON Schema of policy files, for editors. */

import { writeFileSync } from 'node:fs'
import { editorSchema } from '../tools/editor-schema/editor-schema.ts'
import { defineCommand, text, UsageFault } from './command.ts'

export const schema = defineCommand({
  operands: [],
  example: 'portcullis schema --out policies/policy.schema.json',
  options: {
    out: { type: 'string', value: 'FILE', description: 'Where it is written, in place of standard output.' },
  },
  exits: {
    0: 'the schema was written',
    2: 'wrong usage, or the file cannot be written',
  },
  async run({ flags }) {
    const written = `${JSON.stringify(editorSchema(), null, 2)}\n`
    const out = text(flags.out)
    if (out === undefined) process.stdout.write(written)
    else write(out, written)
    return 0
  },
})

function write(file: string, written: string): void {
  try {
    writeFileSync(file, written)
  } catch (error) {
    throw new UsageFault(`\`${file}\` cannot be written: ${(error as NodeJS.ErrnoException).code ?? error}`)
  }
}

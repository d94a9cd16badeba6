/** `portcullis schema`: the JSON Schema of policy files, for editors. */

import { editorSchema } from '../tools/editor-schema/editor-schema.ts'
import { defineCommand, text } from './command.ts'
import { writeResult } from './write-result.ts'

export const schema = defineCommand({
  operands: [],
  example: 'portcullis schema --out policies/policy.schema.json',
  options: {
    out: { type: 'string', value: 'FILE', description: 'Where it is written, in place of standard output.' },
  },
  exits: {
    0: 'the schema was written',
    2: 'wrong usage',
    3: 'the file cannot be written',
  },
  async run({ flags }) {
    writeResult(`${JSON.stringify(editorSchema(), null, 2)}\n`, text(flags.out))
    return 0
  },
})

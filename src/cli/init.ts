/** `portcullis init`: a policy directory to start from. */

import { init as make } from '../tools/init/init.ts'
import { ImportFault } from '../tools/openapi-import/import-fault.ts'
import { defineCommand, text, UsageFault } from './command.ts'
import { program } from './program.ts'
import { shellWord } from './shell-word.ts'

export const init = defineCommand({
  example: 'portcullis init policies --from openapi.yaml',
  options: {
    from: {
      type: 'string',
      value: 'FILE',
      description: 'An OpenAPI document; `openapi.yaml` or `.json` here unless told.',
    },
    upstream: { type: 'string', value: 'URL', description: "Where requests go, in place of the document's server." },
  },
  exits: {
    0: 'the directory was made',
    2: 'wrong usage, a file is in the way, or the document cannot be used',
    3: 'nothing can be written there',
  },
  async run({ directory, flags }) {
    const { files, found } = makeIn(directory, text(flags.from), text(flags.upstream))
    const folder = shellWord(directory || '.')
    const lines = [
      ...found,
      `made ${files.map((file) => `\`${file}\``).join(' and ')}`,
      '',
      `${program} check ${folder} --strict    finds what is wrong with it`,
      `${program} serve ${folder}             enforces it on http://127.0.0.1:8080`,
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
    return 0
  },
})

function makeIn(directory: string, from: string | undefined, upstream: string | undefined) {
  try {
    return make(directory, { from, upstream, project: '.' })
  } catch (error) {
    throw error instanceof ImportFault ? new UsageFault(error.message) : error
  }
}

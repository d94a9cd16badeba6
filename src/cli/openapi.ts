/** `portcullis openapi`: a policy directory as an OpenAPI document, and such a document as a policy. */

import { stringify } from 'yaml'
import { inspect } from '../policy/inspect.ts'
import { openApiDocument } from '../policy/openapi/document.ts'
import { answersHost, rivalHosts } from '../policy/openapi/select.ts'
import type { Policy } from '../policy/policy.ts'
import { ImportFault } from '../tools/openapi-import/import-fault.ts'
import { importFile } from '../tools/openapi-import/import-file.ts'
import { type Call, defineCommand, text, UsageFault } from './command.ts'
import { readValues } from './values.ts'

const writers = {
  json: (document: unknown) => `${JSON.stringify(document, null, 2)}\n`,
  yaml: (document: unknown) => stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 }),
}

const actions = { export: exportDocument, import: importDocument }

export const openapi = defineCommand({
  operands: ['export|import', '[policy-dir|FILE]'],
  example: 'portcullis openapi export ./policies > openapi.json',
  options: {
    format: {
      type: 'string',
      value: 'json|yaml',
      description: 'export: how the document is written; JSON unless told.',
    },
    host: { type: 'string', value: 'NAME', description: 'export: only what this host answers.' },
    values: { type: 'string', value: 'FILE', description: 'export: values in place of the declared ones.' },
    upstream: {
      type: 'string',
      value: 'URL',
      description: "import: where requests go, in place of the document's server.",
    },
  },
  exits: {
    0: 'the document, or the policy, was written',
    1: 'the policies have errors',
    2: 'wrong usage, or what was named cannot be read',
  },
  async run(call) {
    const [action = ''] = call.operands
    if (!Object.hasOwn(actions, action)) throw new UsageFault(`expected \`export\` or \`import\`, got \`${action}\``)
    process.stdout.write(actions[action as keyof typeof actions](call))
    return 0
  },
})

function exportDocument({ operands: [, directory = 'policies'], flags }: Call): string {
  refuse(flags, 'export', ['upstream'])
  const format = text(flags.format) ?? 'json'
  if (!Object.hasOwn(writers, format))
    throw new UsageFault(`expected \`--format json\` or \`--format yaml\`, got \`${format}\``)
  const policy = inspect(directory, readValues(flags.values))
  return writers[format as keyof typeof writers](openApiDocument(policy, hostOf(policy, text(flags.host))))
}

/** A path and method that several hosts answer differently stands once in a document. */
function hostOf({ routes }: Policy, host: string | undefined): string | undefined {
  const known = [...new Set(routes.flatMap(({ hosts }) => hosts))].sort().map((name) => `\`${name}\``)
  const rivals = rivalHosts(routes).map((name) => `\`${name}\``)
  if (host === undefined && rivals.length > 0)
    throw new UsageFault(
      `expected \`--host NAME\`: one path and method is answered differently on ${rivals.join(' and ')}`,
    )
  if (host !== undefined && !routes.some((route) => answersHost(route, host.toLowerCase())))
    throw new UsageFault(`no route answers the host \`${host}\`; known here: ${known.join(', ')}`)
  return host?.toLowerCase()
}

function importDocument({ operands: [, file], flags }: Call): string {
  refuse(flags, 'import', ['format', 'host', 'values'])
  if (file === undefined) throw new UsageFault('expected `openapi import FILE`')
  try {
    return importFile(file, { upstream: text(flags.upstream) }).text
  } catch (error) {
    throw error instanceof ImportFault ? new UsageFault(error.message) : error
  }
}

/** A flag that means nothing here is a mistake, and is not passed over. */
function refuse(flags: Call['flags'], action: string, names: readonly string[]): void {
  const foreign = names.find((name) => flags[name] !== undefined)
  if (foreign !== undefined) throw new UsageFault(`\`openapi ${action}\` takes no \`--${foreign}\``)
}

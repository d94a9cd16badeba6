/** Makes a policy directory to start from: of an OpenAPI document, or of nothing. */

import { join } from 'node:path'
import { editorSchema } from '../editor-schema/editor-schema.ts'
import { ImportFault } from '../openapi-import/import-fault.ts'
import { importFile } from '../openapi-import/import-file.ts'
import { createFiles } from './create-files.ts'
import { starter } from './starter.ts'
import { findSurroundings } from './surroundings.ts'

export interface InitOptions {
  /** The OpenAPI document; the one that lies in `project` unless told. */
  readonly from?: string | undefined
  readonly upstream?: string | undefined
  /** The folder that is looked into for a name and a document. */
  readonly project: string
}

export interface Made {
  readonly files: readonly string[]
  /** What was found and used, a sentence each. */
  readonly found: readonly string[]
}

interface Draft {
  readonly name: string
  readonly text: string
  readonly found: readonly string[]
}

const modeline = '# yaml-language-server: $schema=policy.schema.json\n'

/** Throws `ImportFault` for a document that cannot be used, `DirectoryFault` and `StartFault` as `createFiles` does. */
export function init(directory: string, options: InitOptions): Made {
  const { name, text, found } = draft(directory, options)
  const files = new Map([
    [`${name}.yaml`, `${modeline}${text}`],
    ['policy.schema.json', `${JSON.stringify(editorSchema(), null, 2)}\n`],
  ])
  createFiles(directory, files)
  return { files: [...files.keys()].map((file) => join(directory, file)), found }
}

function draft(directory: string, { from, upstream, project }: InitOptions): Draft {
  if (from !== undefined) return draftFrom(from, upstream)
  const { name, document } = findSurroundings(project)
  if (upstream !== undefined && document === undefined)
    throw new ImportFault('expected `--from FILE` beside `--upstream`: there is no OpenAPI document here')
  try {
    if (document !== undefined) return draftFrom(document, upstream)
  } catch (error) {
    if (!(error instanceof ImportFault) || upstream !== undefined) throw error
    const empty = draftOf(name, directory)
    return { ...empty, found: [`${error.message}; so it is not used`, ...empty.found] }
  }
  return draftOf(name, directory)
}

function draftFrom(file: string, upstream: string | undefined): Draft {
  const { text, service, routes, notes } = importFile(file, { upstream, isWhole: true })
  const what = `${routes} route${routes === 1 ? '' : 's'}, and ${notes} comment${notes === 1 ? '' : 's'} to read`
  return { name: service, text, found: [`\`${file}\` gives ${what}`] }
}

function draftOf(name: string | undefined, directory: string): Draft {
  const found = name === undefined ? [] : [`\`package.json\` gives the name \`${name}\``]
  return { name: 'api', text: starter(name ?? 'api', directory), found }
}

/** An OpenAPI document goes in, a policy comes out that `check` has nothing to say of. */

import { basename } from 'node:path'
import type { Members } from '../../schema/types.ts'
import { convertRoutes } from './convert-routes.ts'
import { SchemaConverter } from './convert-schema.ts'
import { Security } from './convert-security.ts'
import { disarm } from './disarm.ts'
import { ImportFault } from './import-fault.ts'
import { mend } from './mend.ts'
import { plainName } from './names.ts'
import { Notes } from './notes.ts'
import { type ApiDocument, readDocument } from './read-document.ts'
import { References } from './references.ts'
import { convertServers } from './servers.ts'
import { SharedSchemas } from './shared-schemas.ts'
import { type PolicyTree, writePolicy } from './write-policy.ts'
import { membersOf, onOneLine, textOf } from './written.ts'

export interface ImportOptions {
  /** How the document is called, for the comment at the top. */
  readonly file: string
  /** Where allowed requests go, in place of the document's first server. */
  readonly upstream?: string | undefined
  /** It is the only policy of its directory, and holds the settings as well. */
  readonly isWhole?: boolean
}

export interface Imported {
  /** The policy, as YAML. */
  readonly text: string
  readonly routes: number
  /** How many comments say what was left out or is stricter than the document. */
  readonly notes: number
  /** What the routes go by. */
  readonly service: string
}

/** The most that a policy file may have. */
const mostCharacters = 4 * 1024 ** 2

/** Throws `ImportFault` where the text is no document that can be imported. */
export function importOpenApi(text: string, options: ImportOptions): Imported {
  const document = readDocument(text)
  const notes = new Notes()
  const tree = convert(document, notes, options)
  const service = String(tree.service)
  const write = (): string => writePolicy(tree, notes, headOf(document, notes, options.file))
  const written = mend(tree, notes, write)
  if (written === undefined) throw nothingLeft(notes)
  if (Buffer.byteLength(written) > mostCharacters)
    throw new ImportFault('expected a policy of at most 4 MB: split the document')
  return { text: written, routes: Object.keys(membersOf(tree.routes)).length, notes: notes.size, service }
}

function convert({ root, isOld }: ApiDocument, notes: Notes, { upstream, isWhole }: ImportOptions): PolicyTree {
  const references = new References(root)
  const shared = new SharedSchemas(references, notes)
  const converter = new SchemaConverter(shared, isOld)
  const security = new Security(root, references, notes)
  const server = convertServers(root, upstream, notes)
  const routes = convertRoutes(root.paths, { converter, security, notes, prefix: server.prefix })
  const schemas = Object.fromEntries(shared.convertAll(converter))
  const disarmed = (part: Members, section: 'routes' | 'schemas'): Members =>
    Object.fromEntries(
      Object.entries(part).map(([name, value]) => [name, disarm(value, (note) => notes.add(note, { section, name }))]),
    )
  return {
    service: plainName(textOf(membersOf(root.info).title) ?? '', 'api').toLowerCase(),
    ...(server.prefix !== '' && { prefix: server.prefix }),
    upstream: server.upstream,
    ...(isWhole && { settings: { openapi: disarm(editionOf(root), () => {}) } }),
    issuers: security.issuers(),
    defaults: { rateLimit: [{ by: 'ip', limit: 600, per: '1m' }] },
    routes: disarmed(routes, 'routes'),
    schemas: disarmed(schemas, 'schemas'),
  }
}

/** The title and version that the document of the policy goes by. */
function editionOf({ info }: Members): Members {
  const { title, version } = membersOf(info)
  const texts = Object.entries({ title, version }).map(([name, word]) => [name, onOneLine(String(word ?? ''))] as const)
  return Object.fromEntries(texts.filter(([, text]) => text !== '' && text.length <= 200))
}

function headOf({ root, version }: ApiDocument, notes: Notes, file: string): readonly string[] {
  const { title, version: edition } = membersOf(root.info)
  const name = [title, edition].filter((word) => word !== undefined).map((word) => onOneLine(String(word)))
  return [
    `Made from \`${onOneLine(basename(file))}\` (${[...name, `OpenAPI ${version}`].join(', ')}). Read it through: it is yours from here on.`,
    'Objects are closed, other than in OpenAPI: write `additionalProperties: true` where more members are welcome.',
    'The token stays here, the service is told who calls in `X-User-Id`; `upstream: { url: …, forwardToken: true }` passes it on.',
    ...[...notes.head].map((note) => `- ${note}`),
  ]
}

function nothingLeft({ head }: Notes): ImportFault {
  const reasons = [...head].filter((note) => note.startsWith('left out'))
  return new ImportFault(`the document has no route that can be imported${['', ...reasons.slice(0, 3)].join('; ')}`)
}

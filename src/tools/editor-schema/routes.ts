/** What stands under `routes`: keys of a pattern, and snippets to begin one. */

import { methods } from '../../policy/route-key.ts'
import { definition, type EditorSchema, type Snippet } from './draft-07.ts'

const routeKey = `^(${methods.join('|')}) /\\S*$`

/** The usual routes of a collection, each with the part that is most likely to be changed. */
const snippets: readonly Snippet[] = [
  ['GET /', 'Answers the collection.', 'GET ${1:/}'],
  ['POST /', 'Makes a new member of the collection.', 'POST ${1:/}'],
  ['GET /:id', 'Answers one member.', 'GET /:${1:id}'],
  ['PUT /:id', 'Replaces one member.', 'PUT /:${1:id}'],
  ['PATCH /:id', 'Changes one member.', 'PATCH /:${1:id}'],
  ['DELETE /:id', 'Takes one member away.', 'DELETE /:${1:id}'],
  ['ANY /*path', 'Every method of every path below this one.', 'ANY /*${1:path}'],
].map(([label = '', description = '', key]) => ({ label, description, bodyText: `${key}:\n  $0` }))

/** `section` is what the language says of `routes`. */
export const routesOf = (section: EditorSchema): EditorSchema => ({
  ...section,
  patternProperties: { [routeKey]: definition('route') },
  additionalProperties: false,
  errorMessage: `expected \`METHOD /path\`, with METHOD one of ${methods.join(', ')}`,
  defaultSnippets: snippets,
})

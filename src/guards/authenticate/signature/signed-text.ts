/** The text that a webhook's signature is made of: a template with the body in it, of which each part has one reading. */

import type { SignatureOptions } from './options.ts'

type Part = 'body' | 'timestamp' | 'id'

/** In the order in which they are signed: a text, or what stands in its place. */
export type Piece = { readonly text: string } | { readonly part: Part }

const parts: readonly Part[] = ['id', 'timestamp', 'body']

/** Its parts, as they are written or left to be. */
export function readSignedText(options: Pick<SignatureOptions, 'signs' | 'timestamp' | 'id'>): readonly Piece[] {
  const template =
    options.signs ??
    wantedParts(options)
      .map((part) => `{${part}}`)
      .join('.')
  return template.split(/(\{[^{}]*\})/).flatMap((written): readonly Piece[] => {
    if (written === '') return []
    const part = parts.find((name) => written === `{${name}}`)
    return [part === undefined ? { text: written } : { part }]
  })
}

const wantedParts = ({ timestamp, id }: Pick<SignatureOptions, 'timestamp' | 'id'>): readonly Part[] =>
  parts.filter((part) => part === 'body' || (part === 'timestamp' ? timestamp : id) !== undefined)

/** Neither an id nor a time holds what parts them from their neighbours. */
const boundary = /^[^\w-](.*[^\w-])?$/s

/** What is wrong with the text; nothing where it can be read in one way. */
export function findTextFault(options: Pick<SignatureOptions, 'signs' | 'timestamp' | 'id'>): string | undefined {
  const pieces = readSignedText(options)
  const found = pieces.flatMap((piece) => ('part' in piece ? [piece.part] : []))
  const wanted = wantedParts(options)
  const lacking = wanted.find((part) => !found.includes(part))
  if (lacking !== undefined) return `expected \`{${lacking}}\` in the text that is signed`
  const needless = found.find((part) => !wanted.includes(part))
  if (needless !== undefined) return `\`{${needless}}\` needs \`${needless}\`, which says where it stands`
  if (found.length > new Set(found).size) return 'expected each part of the text once'
  const odd = pieces.flatMap((piece) => ('text' in piece ? (/\{[^{}]*\}/.exec(piece.text)?.[0] ?? []) : []))
  if (odd[0] !== undefined) return `expected \`{body}\`, \`{timestamp}\` or \`{id}\`, not \`${odd[0]}\``
  return found.length > 1 && !areApart(pieces) ? 'expected a sign such as `.` or `:` between the parts' : undefined
}

function areApart(pieces: readonly Piece[]): boolean {
  const first = pieces.findIndex((piece) => 'part' in piece)
  const last = pieces.findLastIndex((piece) => 'part' in piece)
  return pieces
    .slice(first, last + 1)
    .every((piece, at) => ('text' in piece ? boundary.test(piece.text) : at % 2 === 0))
}

/** Secrets that are told by their shape, whoever made them. */

import { idOfKeyText } from '../../src/services/accounts/api-keys/key-text.ts'
import type { Found } from './finder.ts'

interface Shape {
  readonly name: string
  /** Where to look closer. */
  readonly beginning: string
  readonly pattern: RegExp
  readonly is?: (text: string) => boolean
}

const shapes: readonly Shape[] = [
  { name: 'JWT', beginning: 'eyJ', pattern: /^eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}/ },
  {
    name: 'API key',
    beginning: 'pk_',
    pattern: /^pk_[a-z]{4}_[0-9A-Za-z]{65}/,
    is: (text) => idOfKeyText(text) !== undefined,
  },
  { name: 'private key in PEM', beginning: '-----BEGIN ', pattern: /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/ },
  { name: 'private JWK', beginning: '"d":"', pattern: /^"d":"[\w-]{40,}"/ },
]

/** The longest that is looked at. */
export const longestShape = 4096

export const findShapes = (bytes: Buffer): readonly Found[] => shapes.flatMap((shape) => findShape(bytes, shape))

function findShape(bytes: Buffer, { name, beginning, pattern, is }: Shape): readonly Found[] {
  const found: Found[] = []
  for (let at = bytes.indexOf(beginning); at !== -1; at = bytes.indexOf(beginning, at + 1)) {
    const [text] = pattern.exec(bytes.toString('latin1', at, at + longestShape)) ?? []
    if (text !== undefined && (is === undefined || is(text))) found.push({ name, at })
  }
  return found
}

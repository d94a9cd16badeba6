/** The only places where a secret may stand after a run of the tests, each with its reason. */

import type { Leak } from './search-run.ts'

interface Allowed {
  /** Below the folder of the test file. */
  readonly file: RegExp
  readonly secret: RegExp
  readonly because: string
}

const allowed: readonly Allowed[] = [
  {
    file: /^(?:removed\/\d+|tmp)\/portcullis-planted-/,
    secret: /./,
    because: 'the test of this search plants them',
  },
  {
    file: /\/data\/(?:dev|field|audit)-key$/,
    secret: /^(?:private|own) key|^private JWK/,
    because: 'the file is where the key is kept, readable by its owner alone',
  },
  {
    file: /\.key$/,
    secret: /^private key in PEM/,
    because: 'the tests make certificates, and their keys, for the servers that they start',
  },
  {
    file: /^output\/\d+-main\.[jt]s_token_.*stdout$/,
    secret: /^JWT|^signature of /,
    because: '`portcullis token` prints a token: that is what it is for',
  },
  {
    file: /^output\/\d+-main\.[jt]s_api-keys_add.*stdout$/,
    secret: /^API key|api-?key|^token that was hashed/i,
    because: '`portcullis api-keys add` shows the key once, to whoever made it',
  },
]

export const isAllowed = ({ file, secret }: Leak): boolean =>
  allowed.some((each) => each.file.test(file) && each.secret.test(secret))

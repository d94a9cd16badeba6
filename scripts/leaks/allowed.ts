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
    file: /portcullis-package-\w+\/(?:checkout|project-\w+\/node_modules)\//,
    secret: /./,
    because: 'the sources of this repository, as they are in git: what stands there is no secret',
  },
  {
    file: /\/portcullis-build-\w+\/dist\//,
    secret: /./,
    because: 'what is built of the sources, and the words of the docs page that it carries',
  },
  {
    file: /\.ya?ml$/,
    secret: /./,
    because: 'policies are written by the tests, some with a secret in them, which `check` refuses or warns of',
  },
  {
    file: /^(?:removed\/\d+|tmp)\/portcullis-planted-/,
    secret: /./,
    because: 'the test of this search plants them',
  },
  {
    file: /\/(?:dev|field|audit)-key$|^tmp\/portcullis-\w+-key$/,
    secret: /^(?:private|own) key|^private JWK|^secret/,
    because: 'the file is where the key is kept, readable by its owner alone; that of an audit log stands beside it',
  },
  {
    file: /\.key$|\/secrets-ca\.crt$|\/portcullis-\w+(?:-\w+)?\/(?:key|tls\.crt)$|\/portcullis-audit-\w+\/private\.pem$|\/portcullis-rsyslog-\w+\/key\.pem$/,
    secret: /^(?:private key|secret)/,
    because: 'the tests make certificates and signers, and keep their keys for what they start',
  },
  {
    file: /^removed\/\d+\/(?:portcullis-\w+\/)?(?:\.\.v\d\/)?(?:secrets\/)?[a-z-]+$/,
    secret: /^(?:symmetric key|private key|credentials|environment|secret)/,
    because: 'secrets that are mounted as files, as Docker and Kubernetes do',
  },
  {
    file: /\/portcullis-passwords-\w+\/program\.mjs$/,
    secret: /^password/,
    because: 'the program of a test, which chooses a password',
  },
  {
    file: /\/portcullis-redis-\w+\/redis\.conf$/,
    secret: /^(?:environment|secret)/,
    because: 'a server that asks for a password has to know it',
  },
  {
    file: /\/portcullis-package-\w+\/project-\w+\/\d\.json$/,
    secret: /./,
    because: 'who follows the README keeps the answers to logins in files',
  },
  {
    file: /^output\/\d+-shell$/,
    secret: /^JWT|^(?:signature of )?member (?:access|refresh)_token/,
    because: 'who follows the README logs in with curl, which shows the answer',
  },
  {
    file: /^tmp\/node-compile-cache\//,
    secret: /^private key in PEM/,
    because: 'Node keeps compiled sources there, with the words by which a key is told',
  },
  {
    file: /^output\/\d+-main\.[jt]s_audit_keys.*stdout$/,
    secret: /^private key/,
    because: '`portcullis audit keys` makes a pair of keys, and prints it',
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

/** The kinds of one secret. */
export const between = ', '

/** What is allowed of one of its kinds is allowed: where a value stands says nothing of what it was used for. */
export const isAllowed = ({ file, secret }: Leak): boolean =>
  allowed.some((each) => each.file.test(file) && secret.split(between).some((kind) => each.secret.test(kind)))

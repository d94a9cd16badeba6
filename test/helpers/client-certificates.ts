/** Client certificates for tests, and what their authority revokes; made by openssl. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { KeyPair } from '../../src/services/tls/settings.ts'

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

const config = `[ca]
default_ca = own
[own]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = ca.crt
private_key = ca.key
default_md = sha256
default_crl_days = 1
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = optional
organizationName = optional
[req]
distinguished_name = dn
[dn]
`

export class ClientAuthority {
  readonly ca: string
  readonly #folder: string

  /** Its folder is gone when the test is over. */
  constructor(t: ExecutionContext, name = 'test authority') {
    this.#folder = mkdtempSync(join(tmpdir(), 'portcullis-authority-'))
    t.teardown(() => rmSync(this.#folder, { recursive: true, force: true }))
    for (const [file, text] of Object.entries({ 'ca.cnf': config, 'index.txt': '', serial: '01\n', crlnumber: '01\n' }))
      writeFileSync(join(this.#folder, file), text)
    this.#openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-days',
      '1',
      '-subj',
      `/CN=${name}`,
    )
    this.ca = this.#read('ca.crt')
  }

  /** `dates` as `openssl ca` takes them. */
  issue(subject: string, alternatives?: string, dates: readonly string[] = ['-days', '1']): KeyPair {
    const more = alternatives === undefined ? [] : ['-addext', `subjectAltName=${alternatives}`]
    this.#openssl('req', ...newKey, '-keyout', 'c.key', '-out', 'c.csr', '-config', 'ca.cnf', '-subj', subject, ...more)
    this.#openssl(
      'ca',
      '-batch',
      '-preserveDN',
      '-config',
      'ca.cnf',
      '-in',
      'c.csr',
      '-out',
      'c.crt',
      '-notext',
      ...dates,
    )
    return { cert: this.#read('c.crt'), key: this.#read('c.key') }
  }

  /** The list of all that it has revoked, with this one. */
  revoke({ cert }: KeyPair): string {
    writeFileSync(join(this.#folder, 'revoked.crt'), cert)
    this.#openssl('ca', '-config', 'ca.cnf', '-revoke', 'revoked.crt')
    return this.list()
  }

  list(): string {
    this.#openssl('ca', '-config', 'ca.cnf', '-gencrl', '-out', 'list.crl')
    return this.#read('list.crl')
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder, name), 'utf8')
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe' })
  }
}

/** Certificates for tests, made by openssl when they are asked for: an authority, a server's and a client's. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface Certificates {
  readonly ca: string
  /** For the name `orders.internal`. */
  readonly server: Certificate
  /** For the name `localhost`. */
  readonly local: Certificate
  readonly gate: Certificate
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** A fresh set, on the curve P-256, valid for a day. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-certificates-'))
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const issue = (name: string, commonName: string): Certificate => {
    openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${commonName}`)
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=DNS:${commonName}\n`)
    const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', `${name}.ext`]
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...signed)
    return { cert: read(`${name}.crt`), key: read(`${name}.key`) }
  }
  try {
    openssl(
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
      '/CN=test authority',
    )
    return {
      ca: read('ca.crt'),
      server: issue('server', 'orders.internal'),
      local: issue('local', 'localhost'),
      gate: issue('gate', 'gate'),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

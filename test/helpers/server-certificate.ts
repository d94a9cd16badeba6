/** Certificates of servers for tests, made by openssl: each signs itself. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KeyPair } from '../../src/services/tls/settings.ts'

interface Wanted {
  /** As openssl takes it: on the curve P-256 unless told. */
  readonly newKey?: readonly string[]
  readonly days?: number
  readonly digest?: string
}

const curve = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']

/** For these names, the first of them its common name; for an hour of tests unless told. */
export function makeServerCertificate(names: readonly string[], wanted: Wanted = {}): KeyPair {
  const { newKey = curve, days = 1, digest = 'sha256' } = wanted
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-certificate-'))
  const [cert, key] = [join(folder, 'cert'), join(folder, 'key')]
  const alternatives = names.map((name) => `${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`).join(',')
  const subject = ['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alternatives}`]
  const output = ['-keyout', key, '-out', cert, '-days', String(days), `-${digest}`]
  try {
    execFileSync('openssl', ['req', '-x509', '-nodes', '-newkey', ...newKey, ...output, ...subject], { stdio: 'pipe' })
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Certificates as lines of `redis.conf`. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Certificates } from './certificates.ts'

/** For servers called `localhost`, which believe one another by the same authority. */
export function tlsConfig(t: ExecutionContext, { ca, local }: Certificates): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-redis-tls-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  return [
    `tls-ca-cert-file ${file('ca.crt', ca)}`,
    `tls-cert-file ${file('server.crt', local.cert)}`,
    `tls-key-file ${file('server.key', local.key)}`,
    'tls-auth-clients no',
  ]
}

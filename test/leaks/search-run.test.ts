/** A secret that a test file leaves anywhere is found at the end of the run, and told by kind and place alone. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { searchRun } from '../../scripts/leaks/search-run.ts'

const leaky = fileURLToPath(new URL('../fixtures/leaks/leaky.ts', import.meta.url))

/** Where each kind is found, and how it is written there. */
const wanted = [
  'API key in removed/shapes.log',
  'JWT in removed/shapes.log',
  'credentials (raw) in output/answers',
  'dead in Redis (raw) in removed/appendonlydir/appendonly.aof.1.incr.aof',
  'deleted in Redis (raw) in removed/appendonlydir/appendonly.aof.1.incr.aof',
  'environment PORTCULLIS_SECRET_TOLD (raw) in output/echo.mjs_meanwhile.stdout',
  'environment PORTCULLIS_SECRET_TOLD (raw) in output/echo.mjs_status.stdout',
  'environment PORTCULLIS_SECRET_TOLD (raw) in output/echo.mjs_whole.stdout',
  'environment PORTCULLIS_SECRET_TWOFOLD, symmetric key (raw) in removed/twofold.log',
  'header x-api-key (raw) in output/answers',
  'header x-raw-api-key (raw) in output/answers',
  'header x-tls-api-key (raw) in output/answers',
  'member new (url-encoded) in output/log',
  'member raw_token (raw) in output/log',
  'member refresh_token (raw) in output/log',
  'own key (raw) in removed/own.bin',
  'password (json) in removed/audit.jsonl',
  'password of Basic (base64 +0) in output/answers',
  'private key (base64 +0) in removed/private.log',
  'private key (base64 +1) in removed/private.pem',
  'private key in PEM in removed/private.pem',
  'secret (hex) in removed/secret.hex',
  'session cookie (raw) in output/answers',
  'set in Redis (raw) in removed/appendonlydir/appendonly.aof.1.incr.aof',
  'signature of member access_token (raw) in output/log',
  'standard input (raw) in output/echo.mjs_meanwhile.stderr',
  'standard input (raw) in output/echo.mjs_status.stderr',
  'standard input (raw) in output/echo.mjs_whole.stderr',
  'symmetric key (raw) in removed/symmetric.bin',
  'token that was hashed (raw) in removed/kept.db',
]

/** Numbers, and names of folders. */
const varying = /(removed\/)\d+\/(?:portcullis-[\w-]+\/)?|(output\/)\d+-/

test('what a test file leaves is found in every place, and where it belongs it is not', (t) => {
  t.timeout(120_000)
  const run = mkdtempSync(join(tmpdir(), 'portcullis-planted-'))
  t.teardown(() => rmSync(run, { recursive: true, force: true }))
  execFileSync(process.execPath, [leaky, run], { stdio: 'pipe' })
  const { leaks, secrets, bytes } = searchRun(run)
  const places = leaks.map(({ secret, file }) => `${secret} in ${file}`.replace(varying, '$1$2').replace('64url', '64'))
  t.deepEqual(places.toSorted(), wanted)
  t.true(leaks.every((leak) => leak.test === 'leaky.test.ts'))
  t.true(secrets >= 14 && bytes > 8192)
})

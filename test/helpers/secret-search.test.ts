/** The search itself: what it would find, and that it finds nothing where nothing is. */

import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { emptyFolder } from './gate.ts'
import { SecretSearch } from './secret-search.ts'

const secret = 'p@ss/w:rd "seven" ottérs?'
const search = () => new SecretSearch().know('password', secret)

test('finds a secret in every form, at every place of a longer text', (t) => {
  const bytes = Buffer.from(secret)
  for (const length of [0, 1, 2, 3, 10, 11]) {
    const [before, after] = [randomBytes(length), randomBytes(11 - length)]
    const whole = Buffer.concat([before, bytes, after])
    for (const text of [whole, whole.toString('hex'), whole.toString('base64'), whole.toString('base64url')])
      t.true(search().look('here', text).found.length > 0, `${length} ${text}`)
  }
  const texts = [encodeURIComponent(secret), new URLSearchParams({ secret }).toString(), JSON.stringify({ secret })]
  for (const text of [...texts, Buffer.from(secret, 'utf16le'), bytes.toString('hex').toUpperCase()])
    t.true(search().look('here', text).found.length > 0, String(text))
})

test('finds nothing where nothing is, and looks into every file of a folder', (t) => {
  t.deepEqual(search().look('noise', randomBytes(1_000_000)).look('close', secret.slice(1)).found, [])
  const folder = emptyFolder()
  mkdirSync(join(folder, 'a/b'), { recursive: true })
  writeFileSync(join(folder, 'a/b/c.wal'), Buffer.concat([randomBytes(5_000), Buffer.from(secret)]))
  t.deepEqual(search().lookBelow(folder).found, [`password (raw) in ${join(folder, 'a/b/c.wal')}`])
  t.deepEqual(search().lookBelow(folder, ['c.wal']).found, [])
  t.throws(() => search().know('short', 'too short'))
})

/** `portcullis audit keys`: the public keys that signed, and a new private one. */

import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keysName } from '../../services/audit/log/folder.ts'
import { readVkey } from '../../services/audit/note.ts'
import { takeInventory } from '../../tools/audit/inventory.ts'
import { Unreadable } from '../../tools/audit/report.ts'
import type { Call } from '../command.ts'
import { printable } from '../printable.ts'
import { directoryOf } from './call.ts'

export async function keys(call: Call): Promise<number> {
  process.stdout.write(call.flags.new === true ? newKey() : await knownKeys(directoryOf(call)))
  return 0
}

const newKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** Of all logs: the verifier key, and the fingerprint of the same key as PEM. */
async function knownKeys(directory: string): Promise<string> {
  const { logs } = await takeInventory(directory)
  if (logs.length === 0) throw new Unreadable(`no audit log is in \`${directory}\``)
  const texts = await Promise.all(
    logs.filter(({ hasKeys }) => hasKeys).map(({ path }) => readFile(join(path, keysName), 'utf8')),
  )
  const vkeys = texts.flatMap((text) => text.split('\n').filter(Boolean))
  return vkeys.map((vkey) => `${printable(vkey)}\n  ${describe(readVkey(vkey)?.key)}\n`).join('')
}

const describe = (key: KeyObject | undefined): string =>
  key === undefined ? 'is no verifier key' : `SHA256:${fingerprintOf(key)}`

/** SHA-256 of the public key as DER, as `openssl pkey -pubin -outform DER | openssl dgst -sha256` gives it. */
const fingerprintOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')

/** The key that `builtin` issuers sign with in development: made at first use, shared by all processes of the folder. */

import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, mkdir, open, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartFault } from '../../core/start-fault.ts'

export interface SigningKey {
  /** The thumbprint of the public key (RFC 7638). */
  readonly kid: string
  readonly key: KeyObject
}

/** Reads `<folder>/dev-key`, an ES256 private JWK that nobody else may read; makes it where there is none. */
export async function readDevKey(folder = 'data'): Promise<SigningKey> {
  const path = join(folder, 'dev-key')
  const text = (await readOwn(path)) ?? (await make(folder, path))
  try {
    const jwk = JSON.parse(text)
    const key = createPrivateKey({ key: jwk, format: 'jwk' })
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new TypeError('another curve')
    return { kid: thumbprint(jwk), key }
  } catch {
    throw new StartFault(`\`${path}\` is not an ES256 private JWK: delete it, and a new one is made`)
  }
}

/** The thumbprint of an EC key: its required members in order (RFC 7638 §3.2). */
const thumbprint = ({ crv, kty, x, y }: Readonly<Record<string, unknown>>): string =>
  createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')

async function readOwn(path: string): Promise<string | undefined> {
  const file = await openOwn(path)
  if (file === undefined) return undefined
  try {
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0)
      throw new StartFault(
        `\`${path}\` can be read by others: run \`chmod 600 ${path}\`, or delete it, and a new one is made`,
      )
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

async function openOwn(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new StartFault(`\`${path}\` cannot be read: ${(error as Error).message}`)
  }
}

/** A link appears whole or not at all, and only one process can make it: the others read what that one made. */
async function make(folder: string, path: string): Promise<string> {
  const draft = join(folder, `.dev-key-${randomUUID()}`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(draft, JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600, flag: 'wx' })
    await link(draft, path)
      .catch(ignoreExisting)
      .finally(() => unlink(draft))
  } catch (error) {
    throw new StartFault(`no development key could be made in \`${folder}\`: ${(error as Error).message}`)
  }
  return (await readOwn(path)) ?? ''
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

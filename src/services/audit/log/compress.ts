/** Compresses closed segments; what is interrupted is done again. */

import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { draftName, listSegments, packedName, plainName, syncFolder } from './folder.ts'

/** Compresses all segments before the current one that are not yet. */
export async function compressClosed(folder: string, current: number, signal: AbortSignal): Promise<void> {
  for (const { number, plain } of await listSegments(folder)) {
    if (number < current && plain) await compress(folder, number, signal)
  }
}

/** The plain file goes when the packed one is on disk under its name; zlib writes no time into it (RFC 1952 §2.3.1). */
async function compress(folder: string, number: number, signal: AbortSignal): Promise<void> {
  const plain = join(folder, plainName(number))
  const draft = join(folder, draftName(number))
  try {
    await pipeline(createReadStream(plain), createGzip(), createWriteStream(draft, { mode: 0o600 }), { signal })
    await settle(draft)
    await rename(draft, join(folder, packedName(number)))
  } finally {
    await rm(draft, { force: true })
  }
  await syncFolder(folder)
  await unlink(plain)
  await syncFolder(folder)
}

async function settle(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.chmod(0o600)
    await file.sync()
  } finally {
    await file.close()
  }
}

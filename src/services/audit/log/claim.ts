/** Which log a process writes: ids name the host, and a lock sees to one writer. */

import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StartFault } from '../../../core/start-fault.ts'
import { lockName, makeFolder, syncFolder } from './folder.ts'
import { type Lock, takeLock } from './lock.ts'

export interface Claim {
  /** Of the log: the host, and eight hex digits. */
  readonly id: string
  readonly lock: Lock
}

/** Takes the first log of the host that nobody writes, or makes one. */
export async function claim({ dir, host }: { readonly dir: string; readonly host: string }): Promise<Claim> {
  const name = cleanHost(host)
  try {
    await makeFolder(dir)
    for (const id of await logsOf(dir, name)) {
      const lock = takeLock(join(dir, id, lockName))
      if (lock !== undefined) return { id, lock }
    }
    return await claimNew(dir, name)
  } catch (error) {
    throw new StartFault(`no audit log can be written in \`${dir}\`: ${(error as Error).message}`)
  }
}

/** Another that looks for one may be faster to take what is just made. */
async function claimNew(dir: string, host: string): Promise<Claim> {
  for (;;) {
    const id = `${host}-${randomBytes(4).toString('hex')}`
    await mkdir(join(dir, id), { mode: 0o700 })
    await chmod(join(dir, id), 0o700)
    await syncFolder(dir)
    const lock = takeLock(join(dir, id, lockName))
    if (lock !== undefined) return { id, lock }
  }
}

/** A folder's name on every system, and nothing that JSON would escape. */
const cleanHost = (host: string): string =>
  host
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 200) || 'host'

async function logsOf(dir: string, host: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return names.filter((name) => name.slice(0, -9) === host && /^-[0-9a-f]{8}$/.test(name.slice(-9))).sort()
}

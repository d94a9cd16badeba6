/** Secrets in a folder, one file a secret, as orchestrators mount them. */

import { isUtf8 } from 'node:buffer'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { watchFiles } from './file-watch.ts'
import { Secret } from './secret.ts'
import { type Fetched, type Provider, SecretFault } from './secrets.ts'

const maxBytes = 65_536
/** A name is one file of the folder, never a path, and never hidden. */
const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
/** Changes are told by the system; where it tells of none, as of some network file systems, this finds them. */
const refresh = 60_000

/** Reads secrets from this folder; one newline at the end is not part of a secret. */
export const fileSecrets = (folder: string): Provider => ({
  freshFor: 0,
  refresh,
  deadline: 10_000,
  split: (name) => [name],
  fetch: (name) => fetch(folder, name),
  watch(names, changed) {
    const paths = names.filter((name) => namePattern.test(name)).map((name) => join(folder, name))
    return watchFiles({ paths, changed })
  },
  origin: (name) => {
    const place = join(folder, name)
    return { place, facts: async () => factsOf(await stat(place)) }
  },
  close: () => {},
})

async function fetch(folder: string, name: string): Promise<Fetched> {
  if (!namePattern.test(name))
    throw new SecretFault(
      `the secret name \`${name}\` is not the name of a file: use letters, digits, \`-\`, \`_\` and \`.\``,
    )
  const path = join(folder, name)
  const [bytes, { mtimeMs }] = await readWhole(path).catch((error: NodeJS.ErrnoException) => {
    throw new SecretFault(
      `the secret \`${name}\` cannot be read: ${error.code === 'ENOENT' ? `put it into \`${path}\`` : error.message}`,
    )
  })
  const text = isUtf8(bytes) ? bytes.toString('utf8').replace(/\r?\n$/, '') : ''
  if (text === '') throw new SecretFault(`the secret \`${name}\` is empty or not UTF-8 text: see \`${path}\``)
  return { current: new Secret(name, text), created: mtimeMs }
}

async function readWhole(path: string): Promise<readonly [Buffer, Stats]> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = await expectSmallFile(file)
    return [await file.readFile(), stats]
  } finally {
    await file.close()
  }
}

async function expectSmallFile(file: FileHandle): Promise<Stats> {
  const stats = await file.stat()
  if (!stats.isFile()) throw new Error('it is not a file')
  if (stats.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`)
  return stats
}

const factsOf = ({ mode, mtime }: Stats): readonly string[] => [
  `written ${mtime.toISOString()}`,
  ...((mode & 0o004) === 0 ? [] : ['every user of this machine can read it']),
]

/** What one test file leaves for the search at the end of a run: what was written, and the secrets that were in use. */

import { mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Shorter ones are found by chance. */
const shortest = 12
const fewestBytes = 8

export class TestRecord {
  /** Where its files and folders are made, and stay. */
  readonly folder: string
  readonly #secrets: number
  readonly #known = new Set<string>()
  #outputs = 0

  /** In a folder of this process below that of the run. */
  constructor(run: string, file: string) {
    this.folder = join(run, String(process.pid))
    for (const name of ['tmp', 'output', 'removed'])
      mkdirSync(join(this.folder, name), { recursive: true, mode: 0o711 })
    write(openSync(join(this.folder, 'test'), 'w'), file)
    this.#secrets = openSync(join(this.folder, 'secrets'), 'a')
  }

  /** A secret that may stand nowhere; the same one of the same kind is taken down once. */
  secret(kind: string, secret: string | Uint8Array): void {
    const bytes = Buffer.from(secret)
    const line = `${kind}\t${bytes.toString('base64')}\n`
    if (bytes.length < shortest || new Set(bytes).size < fewestBytes || this.#known.has(line)) return
    this.#known.add(line)
    write(this.#secrets, line)
  }

  /** What takes down, byte for byte, all that comes from one place. */
  output(name: string): (chunk: unknown) => void {
    const file = openSync(join(this.folder, 'output', `${++this.#outputs}-${name.replaceAll('/', '-')}`), 'a')
    return (chunk) => {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) write(file, chunk)
    }
  }
}

/** Tests of a full disk keep this process from writing, too. */
function write(file: number, chunk: string | Uint8Array): void {
  try {
    writeSync(file, Buffer.from(chunk))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EFBIG') throw error
  }
}

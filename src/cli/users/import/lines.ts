/** The lines of a file or of standard input, which can be read more than once, and never stand in memory all at once. */

import { isUtf8 } from 'node:buffer'
import type { Hash } from 'node:crypto'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageFault } from '../../command.ts'

/** Bytes of a line. */
const longest = 64 * 1024
/** Bytes that are read at a time. */
const chunk = 256 * 1024

export interface Line {
  readonly number: number
  /** Or why it cannot be read. */
  readonly text: string | undefined
  readonly fault?: string
}

export interface Lines {
  /** From the first, some at a time; blank ones are left out. All bytes go into the hash. */
  read(hash?: Hash): AsyncGenerator<readonly Line[]>
  close(): Promise<void>
}

/** Throws `UsageFault` where it cannot be read. */
export async function openLines(file: string): Promise<Lines> {
  const handle = file === '-' ? await spool(process.stdin) : await openFile(file)
  return { read: (hash) => readLines(handle, hash), close: () => handle.close() }
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file)
    if ((await handle.stat()).isFile()) return handle
    return await spool(handle.createReadStream())
  } catch (error) {
    throw new UsageFault(`cannot read \`${file}\`: ${(error as Error).message}`)
  }
}

/** What can be read once is kept in a file without a name, which nobody else opens and which ends with this process. */
async function spool(input: NodeJS.ReadableStream): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-import-'))
  const handle = await open(join(folder, 'lines'), 'wx+', 0o600)
  await rm(folder, { recursive: true })
  for await (const bytes of input) await handle.appendFile(bytes)
  return handle
}

const lineFeed = 0x0a

async function* readLines(handle: FileHandle, hash: Hash | undefined): AsyncGenerator<readonly Line[]> {
  const [splitter, whole] = [new Splitter(), Buffer.alloc(chunk)]
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read({ buffer: whole, position })
    const bytes = whole.subarray(0, bytesRead)
    if (bytesRead === 0) break
    position += bytesRead
    hash?.update(bytes)
    yield splitter.take(bytes)
  }
  yield splitter.end()
}

class Splitter {
  #number = 0
  /** The beginning of a line whose end is still to come; of one that is too long no more than needs be. */
  #rest: Buffer = Buffer.alloc(0)

  take(bytes: Buffer): readonly Line[] {
    const lines: Line[] = []
    let from = 0
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, from)) {
      lines.push(...this.#line(this.#complete(bytes.subarray(from, end))))
      from = end + 1
    }
    this.#rest = Buffer.concat([this.#rest, bytes.subarray(from)]).subarray(0, longest + 1)
    return lines
  }

  #complete(end: Buffer): Buffer {
    if (this.#rest.length === 0) return end
    const line = Buffer.concat([this.#rest, end])
    this.#rest = Buffer.alloc(0)
    return line
  }

  end(): readonly Line[] {
    return this.#line(this.#rest)
  }

  #line(bytes: Buffer): readonly Line[] {
    const number = ++this.#number
    if (bytes.length > longest) return [{ number, text: undefined, fault: 'is longer than 64 kB' }]
    if (!isUtf8(bytes)) return [{ number, text: undefined, fault: 'is no UTF-8' }]
    const text = bytes.toString('utf8').trim()
    return text === '' ? [] : [{ number, text }]
  }
}

/** The bytes of a segment, packed or not; a packed one must be exactly one gzip member and nothing else (RFC 1952). */

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import { Tampering } from './report.ts'

/** Told how many bytes of the file were read. */
export type Tell = (bytes: number) => void

const piece = 256 * 1024

/** Reads a file of records piece by piece. */
export const readSegment = (path: string, tell: Tell): AsyncIterable<Buffer> =>
  path.endsWith('.gz') ? readPacked(path, tell) : readPlain(path, tell)

async function* readPlain(path: string, tell: Tell): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, { highWaterMark: piece })) {
    tell(chunk.length)
    yield chunk
  }
}

/** No name, no time, no extra field: nothing could hide there. The last byte is the system that packed it. */
const header = Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0)
const systems: readonly number[] = [3, 10, 19]
const headerLength = 10
const trailerLength = 8

/** Node's own gunzip passes over what follows a member, and takes further ones. */
async function* readPacked(path: string, tell: Tell): AsyncGenerator<Buffer> {
  const { size, trailer } = await readEnds(path)
  const file = createReadStream(path, { start: headerLength, highWaterMark: piece })
  file.on('data', (chunk) => tell(chunk.length))
  const inflate = createInflateRaw({ chunkSize: piece })
  pipeline(file, inflate, () => {})
  let crc = 0
  let length = 0
  try {
    for await (const chunk of inflate) {
      crc = crc32(chunk, crc)
      length += chunk.length
      yield chunk
    }
  } catch (error) {
    throw isOfFile(error) ? error : broken(path, (error as Error).message)
  }
  if (headerLength + inflate.bytesWritten + trailerLength !== size) throw broken(path, 'more follows its end')
  if (trailer.readUInt32LE(0) !== crc || trailer.readUInt32LE(4) !== length % 2 ** 32)
    throw broken(path, 'its check sum is another')
}

async function readEnds(path: string): Promise<{ readonly size: number; readonly trailer: Buffer }> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    if (size <= headerLength + trailerLength) throw broken(path, 'it is cut')
    const start = Buffer.alloc(headerLength)
    await file.read(start, 0, headerLength, 0)
    if (!start.subarray(0, header.length).equals(header) || !systems.includes(start[header.length] ?? -1))
      throw broken(path, 'its header is not as this log writes it')
    const trailer = Buffer.alloc(trailerLength)
    await file.read(trailer, 0, trailerLength, size - trailerLength)
    return { size, trailer }
  } finally {
    await file.close()
  }
}

const isOfFile = (error: unknown): boolean => (error as NodeJS.ErrnoException).syscall !== undefined

const broken = (file: string, what: string): Tampering => new Tampering({ file }, `the gzip file is broken: ${what}`)

/** Takes the content coding off a body, within a bound. */

import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'

interface Bound {
  readonly maxOutputLength: number
}
type Decode = (bytes: Uint8Array, bound: Bound) => Promise<Buffer>

const [unzip, inflated, brotli, zstd] = [gunzip, inflate, brotliDecompress, zstdDecompress].map((decoder) =>
  promisify(decoder as (bytes: Uint8Array, bound: Bound, done: (error: Error | null, whole: Buffer) => void) => void),
) as [Decode, Decode, Decode, Decode]

const decoders: ReadonlyMap<string, Decode> = new Map([
  ['gzip', unzip],
  ['x-gzip', unzip],
  ['deflate', inflated],
  ['br', brotli],
  ['zstd', zstd],
])

/** The decoded bytes; nothing where they are more than `most`, and `unknown` in a coding that nobody here reads. */
export async function decode(
  bytes: Uint8Array,
  codings: readonly string[],
  most: number,
): Promise<Uint8Array | 'unknown' | undefined> {
  const coding = codings.join(',').trim().toLowerCase()
  if (coding === '' || coding === 'identity') return bytes
  const decoder = decoders.get(coding)
  if (decoder === undefined) return 'unknown'
  try {
    return await decoder(bytes, { maxOutputLength: most })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? undefined : 'unknown'
  }
}

/** Standard output: one writer for all of this process that has lines to say, so that none is cut by another. */

import { destination } from 'pino'

type Output = ReturnType<typeof destination>

let shared: Output | undefined

/**
 * Written beside the requests, what gathers meanwhile at once: a line by itself costs more than the refusal that it tells
 * of. Keeps at most 1 MB of what the reader does not take; what is left when the process ends is written then.
 */
export function standardOutput(): Output {
  shared ??= open()
  return shared
}

/**
 * Handed bytes: of texts, the writer measures all that has gathered anew with each line. At the end what is left is written
 * until it is out, for ever on a full disk: what failed last is not tried again then.
 */
function open(): Output {
  const out = destination({ fd: 1, sync: false, maxLength: 1024 * 1024, contentMode: 'buffer' })
  const write = out.write.bind(out) as unknown as (line: Buffer) => boolean
  out.write = (line) => write(Buffer.from(line))
  const flush = out.flushSync.bind(out)
  let isBroken = false
  out.on('error', () => {
    isBroken = true
  })
  out.on('drain', () => {
    isBroken = false
  })
  out.flushSync = () => {
    if (!isBroken) flush()
  }
  return out
}

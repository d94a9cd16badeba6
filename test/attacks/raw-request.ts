/** Requests as bytes, sent over connections of their own, several at a time. */

/** Parts of a request; `headers` are lines as they go out, each ended. */
export interface Written {
  readonly method?: string
  readonly target: string
  readonly headers?: string
  readonly body?: Buffer | string
}

/** Writes a request with the length of its body; text is sent as UTF-8. */
export function write({ method = 'GET', target, headers = '', body }: Written): Buffer {
  const bytes = body === undefined ? undefined : Buffer.from(body)
  const length = bytes === undefined ? '' : `Content-Length: ${bytes.length}\r\n`
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: gate.example\r\n${headers}${length}\r\n`)
  return bytes === undefined ? head : Buffer.concat([head, bytes])
}

/** Works through a list, so many items at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as T, at)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

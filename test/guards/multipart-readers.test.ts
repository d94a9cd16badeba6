/** Forms against other readers: whatever is let in, busboy and undici take apart in the same way. */

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy } from '@fastify/busboy'
import test from 'ava'
import fc from 'fast-check'
import { Denial } from '../../src/core/denial.ts'
import { readBoundary } from '../../src/guards/input/multipart/boundary.ts'
import { readMultipart } from '../../src/guards/input/multipart/read-multipart.ts'

/** A field as a reader sees it; the file name of a text is undefined. */
interface Field {
  readonly name: string
  readonly fileName: string | undefined
  readonly content: string
}
const byName = (fields: readonly Field[]): readonly string[] => fields.map((field) => JSON.stringify(field)).toSorted()

/** What we let in of a request; undefined where it is refused. A file input that was left empty is no field. */
function readOurs(type: string, body: Buffer): readonly Field[] | undefined {
  const boundary = readBoundary(type)
  const parts = boundary === undefined ? undefined : readMultipart(body, boundary)
  if (parts === undefined || parts instanceof Denial) return undefined
  const typed = parts.filter(
    ({ fileName, contentType = 'text/plain' }) => fileName === undefined && !/^text\/plain$/i.test(contentType),
  )
  if (typed.length > 0) return undefined
  return parts
    .filter(({ fileName }) => fileName !== '')
    .map(({ name, fileName, content }) => ({ name, fileName, content: content.toString('latin1') }))
}

async function readByBusboy(type: string, body: Buffer): Promise<readonly Field[]> {
  const fields: Field[] = []
  const reader = new Busboy({ headers: { 'content-type': type } })
  reader.on('field', (name, value) =>
    fields.push({ name, fileName: undefined, content: Buffer.from(value).toString('latin1') }),
  )
  reader.on('file', (name, stream, fileName) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk) => chunks.push(chunk))
    stream.once(
      'end',
      () => fileName && fields.push({ name, fileName, content: Buffer.concat(chunks).toString('latin1') }),
    )
  })
  await pipeline(Readable.from([body]), reader)
  return fields
}

/** Undefined where this reader refuses. */
async function readByUndici(type: string, body: Buffer): Promise<readonly Field[] | undefined> {
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
    const fields = [...form].map(async ([name, value]) =>
      typeof value === 'string'
        ? { name, fileName: undefined, content: Buffer.from(value).toString('latin1') }
        : { name, fileName: value.name, content: Buffer.from(await value.arrayBuffer()).toString('latin1') },
    )
    return (await Promise.all(fields)).filter(({ fileName }) => fileName !== '')
  } catch {
    return undefined
  }
}

const some = <T>(...values: T[]) => fc.constantFrom(...values)
const often = (usual: string, ...odd: string[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: some(...odd) })
const word = some(
  'a',
  'b',
  'é',
  'a.png',
  'x y',
  "it's",
  '..',
  'a/b',
  'a"b',
  'a%22b',
  'a;b',
  'name',
  '__proto__',
  '=',
  "a'b",
)
const name = fc.oneof(
  { weight: 6, arbitrary: word },
  { weight: 1, arbitrary: fc.string({ maxLength: 12, unit: 'binary' }) },
)
const quoted = fc.oneof({ weight: 6, arbitrary: name.map((each) => `"${each}"`) }, { weight: 1, arbitrary: name })
const parameter = (key: string) =>
  fc.tuple(often(key, key.toUpperCase(), `${key}*`, ` ${key}`), quoted).map(([at, value]) => `; ${at}=${value}`)
const disposition = fc
  .tuple(
    often('form-data', 'attachment', 'FORM-DATA'),
    parameter('name'),
    fc.option(parameter('filename'), { nil: '' }),
    often('', '; x=y', '; name="c"', ';'),
  )
  .map((parts) => `Content-Disposition: ${parts.join('')}`)
const line = some(
  'Content-Type: text/plain',
  'Content-Type: image/png',
  'Content-Type: application/octet-stream',
  'content-type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: base64',
  'Content-Transfer-Encoding: binary',
  'Content-Length: 1',
  'X-Other: 1',
  ' folded',
)
const mark = often('--B', '--b', '-B', '--B-', '--Bx', ' --B', '--B ')
const content = fc.oneof(
  { weight: 6, arbitrary: some('', 'x', 'a\r\nb', 'é', '--', '\r\n', 'YQ==', '\r\n--', 'a\nb', '-', '\u0000') },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(mark, some('\r\n', '\n', '\r', 'x')), { maxLength: 6 }).map((all) => all.join('')),
  },
)
const lineBreak = often('\r\n', '\n', '\r', '\r\n\r\n', '')
const part = fc
  .tuple(mark, lineBreak, disposition, fc.array(line, { maxLength: 1 }), lineBreak, content, lineBreak)
  .map(
    ([at, first, said, lines, last, value, end]) =>
      `${at}${first}${[said, ...lines].join('\r\n')}\r\n${last}${value}${end}`,
  )
const body = fc
  .tuple(
    often('', '\r\n', 'x'),
    fc.array(part, { maxLength: 3 }),
    mark,
    often('--\r\n', '--', '', '-', '--x', '--\r\n--B--\r\n'),
  )
  .map(([before, parts, at, end]) => `${before}${parts.join('')}${at}${end}`)
const type = often(
  'multipart/form-data; boundary=B',
  'multipart/form-data; boundary="B"',
  'multipart/form-data; BOUNDARY=B',
  'multipart/form-data; boundary=B; boundary=b',
  'multipart/form-data; boundary=B;charset=utf-8',
  'multipart/form-data; boundary=B-',
)

test('whatever is let in, other readers take apart in the same way', async (t) => {
  t.timeout(300_000)
  let accepted = 0
  const property = fc.asyncProperty(type, body, async (said, text) => {
    const bytes = Buffer.from(text)
    const ours = readOurs(said, bytes)
    if (ours === undefined) return
    accepted++
    t.deepEqual(byName(await readByBusboy(said, bytes)), byName(ours), 'busboy')
    const theirs = await readByUndici(said, bytes)
    if (theirs !== undefined) t.deepEqual(byName(theirs), byName(ours), 'undici')
  })
  await fc.assert(property, { numRuns: Number(process.env.RUNS ?? 3000) })
  t.true(accepted > 100, `${accepted} were let in`)
})

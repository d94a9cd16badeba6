/** Forms before handlers of the directory: what these find, and what other guards know of a field. */

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { openGate } from '../helpers/gate.ts'

const shop = `
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 1000, per: 1m }] }
routes:
  POST /photos:
    input:
      body: { type: object, properties: { size: { type: integer }, title: { type: string, default: none } } }
      files: { photo: { maxItems: 2 }, note: {} }
    handler: ./echo.ts#echo
  POST /mail:
    rateLimit: [{ by: '\${body.email}', limit: 1, per: 1h, burst: 1 }]
    input:
      contentTypes: [application/x-www-form-urlencoded]
      body: { type: object, required: [email], properties: { email: { type: string, transform: [lowercase] } } }
    handler: ./echo.ts#echo
  POST /tried:
    because: being tried out
    reportOnly: [input]
    input:
      contentTypes: [application/x-www-form-urlencoded]
      body: { type: object, properties: { n: { type: integer } } }
    handler: ./raw.ts#raw
`
const echo = `
export const echo = (ctx) => {
  const { body, files } = ctx.request
  const shown = Object.entries(files ?? {}).map(([name, list]) => [name, list.map((file) => ({ ...file, bytes: Buffer.from(file.bytes).toString() }))])
  ctx.body = { body, files: Object.fromEntries(shown), same: body === ctx.state.input.body && files === ctx.state.input.files }
}
`
const raw = 'export const raw = (ctx) => { ctx.body = { body: String(ctx.request.body) } }\n'
const files = { 'shop.yaml': shop, 'echo.ts': echo, 'raw.ts': raw }

const boundary = 'x'
const part = (head: string, content: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`
const multipart = (...parts: string[]) => ({
  headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  body: `${parts.join('')}--${boundary}--\r\n`,
})
const form = (body: string) => ({ headers: { 'content-type': 'application/x-www-form-urlencoded' }, body })

test('a handler finds the fields as the schema left them, and the files by field', async (t) => {
  const gate = await openGate(files)
  t.teardown(() => gate.close())
  const { status, body } = await gate.call(
    'POST',
    '/photos',
    multipart(
      part('name="size"', '7'),
      part('name="photo"; filename="a.png"\r\nContent-Type: image/png', 'one'),
      part('name="photo"; filename="b.png"\r\nContent-Type: image/png', 'two'),
      part('name="note"; filename=""\r\nContent-Type: application/octet-stream', ''),
    ),
  )
  t.is(status, 200)
  t.deepEqual(JSON.parse(body), {
    body: { size: 7, title: 'none' },
    files: {
      photo: [
        { name: 'a.png', type: 'image/png', bytes: 'one' },
        { name: 'b.png', type: 'image/png', bytes: 'two' },
      ],
      note: [],
    },
    same: true,
  })
})

test('a limit counts by a field of a form as it was judged', async (t) => {
  const gate = await openGate(files)
  t.teardown(() => gate.close())
  t.is((await gate.call('POST', '/mail', form('email=a%40example.org'))).status, 200)
  t.is((await gate.call('POST', '/mail', form('email=A%40EXAMPLE.org'))).status, 429)
  t.is((await gate.call('POST', '/mail', form('email=b%40example.org'))).status, 200)
})

test('a form that does not fit passes as it came while that is tried out', async (t) => {
  const gate = await openGate(files)
  t.teardown(() => gate.close())
  for (const text of ['n=x&other=1', 'n=%ff', 'n=1'])
    t.deepEqual(JSON.parse((await gate.call('POST', '/tried', form(text))).body), {
      body: text === 'n=1' ? '[object Object]' : text,
    })
})

/** What curl sends, `-F` and `-d`, under names that people use. */
const curl = async (url: string, ...options: readonly string[]): Promise<{ body: unknown; files: unknown }> =>
  JSON.parse((await promisify(execFile)('curl', ['-sS', ...options, url])).stdout)

test('what curl and fetch send is taken as they mean it', async (t) => {
  const gate = await openGate(files)
  t.teardown(() => gate.close())
  const photo = join(gate.directory, "my 'first' photo é.txt")
  writeFileSync(photo, 'text\r\n--x--\r\n')
  const name = basename(photo)
  const expected = {
    body: { size: 7, title: 'ünï & <b>' },
    files: { photo: [{ name, type: 'text/plain', bytes: 'text\r\n--x--\r\n' }] },
    same: true,
  }
  t.deepEqual(
    await curl(`${gate.url}/photos`, '-F', 'size=7', '-F', `title=${expected.body.title}`, '-F', `photo=@${photo}`),
    expected,
  )
  const sent = new FormData()
  sent.set('size', '7')
  sent.set('title', expected.body.title)
  sent.set('photo', new Blob(['text\r\n--x--\r\n'], { type: 'text/plain' }), name)
  t.deepEqual(await (await fetch(`${gate.url}/photos`, { method: 'POST', body: sent })).json(), expected)
  t.like(await curl(`${gate.url}/mail`, '--data-urlencode', 'email=a+b@example.org'), {
    body: { email: 'a+b@example.org' },
  })
  const fields = new URLSearchParams({ email: 'c d@example.org' })
  t.like(await (await fetch(`${gate.url}/mail`, { method: 'POST', body: fields })).json(), {
    body: { email: 'c d@example.org' },
  })
})

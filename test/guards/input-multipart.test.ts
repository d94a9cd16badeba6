/** `multipart/form-data` over real HTTP: what is let in, what is refused and how, and what goes on. */

import test from 'ava'
import { faultsIn, hostInput, type InputBlock } from '../helpers/input-host.ts'

const boundary = 'bound'
const multipart = `multipart/form-data; boundary=${boundary}`
const post = (body: string, type = multipart) => ({
  method: 'POST',
  headers: { 'content-type': type },
  body: Buffer.from(body, 'latin1'),
})

const disposition = 'Content-Disposition: form-data; '
const text = (name: string, value: string) => `--${boundary}\r\n${disposition}name="${name}"\r\n\r\n${value}\r\n`
const file = (name: string, content: string, { called = 'a.png', type = 'image/png' } = {}) =>
  `--${boundary}\r\n${disposition}name="${name}"; filename="${called}"\r\nContent-Type: ${type}\r\n\r\n${content}\r\n`
const head = (lines: string, content = 'x') => `--${boundary}\r\n${lines}\r\n\r\n${content}\r\n`
const end = `--${boundary}--\r\n`

const upload: InputBlock = {
  body: {
    type: 'object',
    required: ['title'],
    properties: {
      title: { type: 'string', maxLength: 20 },
      size: { type: 'integer' },
      tags: { type: 'array', items: { type: 'string' } },
    },
  },
  files: {
    photo: { contentTypes: ['image/png', 'image/jpeg'], maxBytes: '64b' },
    pages: { maxItems: 2 },
  },
  maxBytes: '1mb',
}
const title = text('title', 'Hi')

/** body → what is handed on, or the faults. */
const judged: [what: string, body: string, expected: object | string[]][] = [
  ['texts', text('title', 'a') + text('size', '7') + end, { title: 'a', size: 7 }],
  ['no line break at the end', title + end.trimEnd(), { title: 'Hi' }],
  ['a list', title + text('tags', 'x') + text('tags', 'y') + end, { title: 'Hi', tags: ['x', 'y'] }],
  ['an empty text', text('title', '') + end, { title: '' }],
  ['text of several lines', text('title', 'a\r\n\r\nb') + end, { title: 'a\r\n\r\nb' }],
  ['UTF-8', text('title', Buffer.from('é€').toString('latin1')) + end, { title: 'é€' }],
  [
    'a text that says so',
    head(`${disposition}name=title\r\nContent-Type: text/plain; charset=UTF-8`) + end,
    { title: 'x' },
  ],
  ['a head in other case', head('content-DISPOSITION: form-data; name="title"') + end, { title: 'x' }],
  ['a length that is right', head(`${disposition}name="title"\r\nContent-Length: 1`) + end, { title: 'x' }],
  [
    'a coding that is none',
    head(`${disposition}name="title"\r\nContent-Transfer-Encoding: 8bit`) + end,
    { title: 'x' },
  ],
  ['a file', title + file('photo', '\x89PNG\0\r\n') + end, { title: 'Hi' }],
  ['a file input left empty', title + file('photo', '', { called: '' }) + end, { title: 'Hi' }],
  ['no texts', end, ['body /title required']],
  ['a text twice', title + title + end, ['body /title type']],
  ['an unknown text', title + text('x', '1') + end, ['body /x additionalProperties']],
  ['a prototype', title + text('__proto__', '1') + end, ['body /__proto__ additionalProperties']],
  ['another type', title + text('size', '1e2x') + end, ['body /size type']],
  ['a text too long', text('title', 'x'.repeat(21)) + end, ['body /title maxLength']],
  ['a file for a text', file('title', 'x') + end, ['body /title additionalProperties', 'body /title required']],
  ['a text for a file', title + text('photo', 'x') + end, ['body /photo type', 'body /photo additionalProperties']],
  ['an unknown file', title + file('other', 'x') + end, ['body /other additionalProperties']],
  ['an unknown file left empty', title + file('other', '', { called: '' }) + end, ['body /other additionalProperties']],
  ['a file called as a prototype', title + file('__proto__', 'x') + end, ['body /__proto__ additionalProperties']],
  ['a file of another type', title + file('photo', 'x', { type: 'text/html' }) + end, ['body /photo contentTypes']],
  ['two types', title + file('photo', 'x', { type: 'text/html;image/png' }) + end, ['body /photo contentTypes']],
  ['a file of no type', title + head(`${disposition}name="photo"; filename="a"`) + end, ['body /photo contentTypes']],
  ['a file too large', title + file('photo', 'x'.repeat(65)) + end, ['body /photo maxBytes']],
  ['two files for one', title + file('photo', 'x') + file('photo', 'y') + end, ['body /photo maxItems']],
  ['too many files', title + file('pages', 'x').repeat(3) + end, ['body /pages maxItems']],
  [
    'a text that is JSON',
    head(`${disposition}name="title"\r\nContent-Type: application/json`) + end,
    ['body /title contentTypes'],
  ],
  [
    'a text in another charset',
    head(`${disposition}name="title"\r\nContent-Type: text/plain; charset=utf-7`) + end,
    ['body /title contentTypes'],
  ],
]

for (const [what, body, expected] of judged) {
  test(`judges ${what}`, async (t) => {
    const answer = await (await hostInput(t, upload))(post(body))
    if (Array.isArray(expected)) t.deepEqual([answer.status, faultsIn(answer.body)], [422, expected])
    else t.deepEqual([answer.status, answer.body.body, answer.body.replaced], [200, expected, undefined])
  })
}

const long = 'x'.repeat(101)
const malformed: [what: string, body: string][] = [
  ['no boundary', 'title=Hi'],
  ['a preamble', `\r\n${title}${end}`],
  ['an epilogue', `${title}${end}x`],
  ['a second line break behind the end', `${title}${end}\r\n`],
  ['a second form behind the end', `${title}${end}${title}${end}`],
  ['no end', title],
  ['a cut end', `${title}--${boundary}-`],
  ['a cut part', title.slice(0, -3)],
  ['bare line feeds', (title + end).replaceAll('\r\n', '\n')],
  [
    'a boundary behind a line feed alone',
    `${title}${text('tags', `a\n--${boundary}\r\n${disposition}name="size"\r\n\r\n1`)}${end}`,
  ],
  ['a boundary within a line', text('title', `a--${boundary}`) + end],
  ['a longer boundary', text('title', `a\r\n--${boundary}x`) + end],
  ['spaces behind a boundary', `${title.replace('\r\n', '  \r\n')}${end}`],
  ['a part on the line of its boundary', title.replace('\r\n', 'xx') + end],
  ['two boundaries running', `--${boundary}\r\n${title}${end}`],
  ['a part without a head', head('', 'x') + end],
  ['a part with half a head', `--${boundary}\r\n${disposition}name="title"\r\n${end}`],
  ['a part without a name', head(`${disposition}filename="x"`) + end],
  ['a part with an empty name', head(`${disposition}name=""`) + end],
  ['two names', head(`${disposition}name="title"; name="size"`) + end],
  ['two dispositions', head(`${disposition}name="title"\r\n${disposition}name="size"`) + end],
  [
    'two types of a part',
    head(`${disposition}name="title"\r\nContent-Type: text/plain\r\nContent-Type: text/html`) + end,
  ],
  ['a folded head', head(`Content-Disposition: form-data;\r\n name="title"`) + end],
  ['a head with a bare line feed', head(`${disposition}name="title"\nX: y`) + end],
  ['a head with a bare carriage return', head(`${disposition}name="title"\rX: y`) + end],
  ['a head with NUL', head(`${disposition}name="ti\0tle"`) + end],
  ['a head that is not UTF-8', head(`${disposition}name="ti\xfftle"`) + end],
  ['an unknown field of a head', head(`${disposition}name="title"\r\nX-Evil: 1`) + end],
  ['a space before a colon', head(`Content-Disposition : form-data; name="title"`) + end],
  ['an attachment', head('Content-Disposition: attachment; name="title"') + end],
  ['an escaped quote', head(`${disposition}name="ti\\"tle"`) + end],
  ['a percent-encoded quote', head(`${disposition}name="ti%22tle"`) + end],
  ['a percent-encoded line break', head(`${disposition}name="ti%0D%0Atle"`) + end],
  ['a semicolon in a name', head(`${disposition}name="title; filename=x"`) + end],
  ['an encoded name', head(`${disposition}name*=utf-8''title`) + end],
  ['a long name', head(`${disposition}name="${long}"`) + end],
  ['base64', head(`${disposition}name="title"\r\nContent-Transfer-Encoding: base64`, 'SGk=') + end],
  ['quoted-printable', head(`${disposition}name="title"\r\nContent-Transfer-Encoding: quoted-printable`) + end],
  ['a length that is wrong', head(`${disposition}name="title"\r\nContent-Length: 2`) + end],
  ['text that is not UTF-8', text('title', '\xff') + end],
  ['text with NUL', text('title', 'a\0b') + end],
  ['another charset for all', text('_charset_', 'iso-8859-1') + title + end],
  ['a nested form', title + file('pages', `--in\r\n\r\n--in--`, { type: 'multipart/mixed; boundary=in' }) + end],
  ['a message', title + file('pages', 'x', { type: 'message/rfc822' }) + end],
  ['a type that is none', title + file('pages', 'x', { type: 'image' }) + end],
  ['a nameless file with content', title + file('photo', 'x', { called: '' }) + end],
  ['a head of 10 kB', head(`${disposition}name="title"\r\nContent-Type: ${'x'.repeat(10_000)}`) + end],
  ['1001 parts', text('tags', 'x').repeat(1001) + end],
  ...[
    '../a',
    '..',
    '.',
    'a/b',
    'a\\b',
    'C:\\a',
    'a\0.png',
    '..%2fa',
    'a%00.png',
    '..%5Ca',
    ' a',
    'a ',
    'x'.repeat(256),
  ].map((called): [string, string] => [
    `a file called ${JSON.stringify(called.slice(0, 20))}`,
    title + file('photo', 'x', { called }) + end,
  ]),
  ['two names of one file', title + head(`${disposition}name="photo"; filename="a"; filename*=utf-8''b`) + end],
  ['an encoded name of a file alone', title + head(`${disposition}name="photo"; filename*=utf-8''a`) + end],
]

for (const [what, body] of malformed) {
  test(`refuses as malformed: ${what}`, async (t) => {
    const { status, body: answer } = await (await hostInput(t, upload))(post(body))
    t.deepEqual([status, answer.code], [400, 'request_malformed'])
    t.regex(answer.message, /^Form /)
  })
}

test('hands files on by field, with the name and type that the client gave them', async (t) => {
  const send = await hostInput(t, upload)
  const { body } = await send(
    post(
      title +
        file('photo', '\x89PNG\0\xff\r\n', { called: 'my photo.png', type: 'Image/PNG; q=1' }) +
        file('pages', '') +
        file('pages', '2', { type: 'x/y' }) +
        end,
    ),
  )
  t.deepEqual(body.files, {
    photo: [{ name: 'my photo.png', type: 'image/png', text: '\x89PNG\0\xff\r\n' }],
    pages: [
      { name: 'a.png', type: 'image/png', text: '' },
      { name: 'a.png', type: 'x/y', text: '2' },
    ],
  })
})

test('takes the two spellings of one file name that some clients send', async (t) => {
  const send = await hostInput(t, upload)
  const both = head(`${disposition}name=photo; filename=a.png; filename*=utf-8''a%2epng\r\nContent-Type: image/png`)
  t.is((await send(post(title + both + end))).body.files.photo[0].name, 'a.png')
})

test('a file must be there where it is required', async (t) => {
  const send = await hostInput(t, { files: { photo: { required: true } } })
  t.deepEqual(faultsIn((await send(post(end))).body), ['body /photo required'])
  t.deepEqual(faultsIn((await send(post(file('photo', '', { called: '' }) + end))).body), ['body /photo required'])
  t.is((await send(post(file('photo', '') + end))).status, 200)
  t.deepEqual(faultsIn((await send(post(title + file('photo', 'x') + end))).body), ['body /title additionalProperties'])
})

test('a form goes on anew where a schema changed a text, with its files as they came', async (t) => {
  const send = await hostInput(t, {
    body: {
      type: 'object',
      properties: {
        note: { type: 'string', transform: ['trim', 'stripControls'] },
        n: { type: 'integer', default: 1 },
      },
    },
    files: { photo: {} },
  })
  const photo = file('photo', '\x89\0\r\n')
  const { body } = await send(post(photo + text('note', ' a ') + end))
  t.is(body.replaced, text('note', 'a') + text('n', '1') + photo + end)
  t.is((await send(post(text('n', '2') + photo + end))).body.replaced, undefined)
  const smuggled = `a\r\n-\x01-${boundary}\r\n${disposition}name="photo"; filename="b"\r\n\r\nevil`
  t.deepEqual(faultsIn((await send(post(text('note', smuggled) + end))).body)?.sort(), [
    'body /n transform',
    'body /note transform',
  ])
})

for (const type of [
  'multipart/form-data; boundary="bound"',
  'Multipart/Form-Data;boundary=bound',
  'multipart/form-data; charset=utf-8; boundary=bound',
])
  test(`takes a form of type \`${type}\``, async (t) => {
    t.is((await (await hostInput(t, upload))(post(title + end, type))).status, 200)
  })

for (const type of [
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=BOUND',
  'multipart/form-data; boundary=bound; boundary=other',
  'multipart/form-data; boundary=other; boundary=bound',
  'multipart/form-data; boundary=bound; x=y',
  'multipart/form-data; boundary=bound,other',
  'multipart/form-data; boundary="bo\\und"',
  "multipart/form-data; boundary*=utf-8''bound",
  'multipart/form-data; boundary*0=bo; boundary*1=und',
  `multipart/form-data; boundary=${'x'.repeat(71)}`,
])
  test(`refuses a form whose boundary is said as \`${type.slice(0, 60)}\``, async (t) => {
    t.is((await (await hostInput(t, upload))(post(title + end, type))).status, 400)
  })

test('a form of another type, or compressed, or larger than the route takes, is refused', async (t) => {
  const send = await hostInput(t, { ...upload, maxBytes: '1kb' })
  for (const type of ['multipart/mixed; boundary=bound', 'application/json', 'application/x-www-form-urlencoded', ''])
    t.is((await send(post(title + end, type))).status, 415, type)
  t.is(
    (await send({ ...post(title + end), headers: { 'content-type': multipart, 'content-encoding': 'br' } })).status,
    415,
  )
  t.is((await send(post(title + file('pages', 'x'.repeat(1024)) + end))).status, 413)
})
